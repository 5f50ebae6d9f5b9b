import { holidaysBetween } from '../calendar/holidays.js';
import { flagText, type Cell } from '../table/table.js';
import { CELLS_PER_COMMUNITY, CITIES, DISTRICTS, SCENES, type Geography } from '../world/geography.js';
import { NAME_MARK, cityName, communityName } from '../world/names.js';
import { areaOrgUnitOf, cityOrgUnitOf, countyOrgUnitOf } from './identifiers.js';
import type { TableSource } from './table-source.js';

const PROVINCE = 'U-PROVINCE';

export function* orgUnitRows(): Generator<Cell[]> {
  yield [PROVINCE, 'province', undefined, '辽宁', 41.8, 123.4];
  for (const [city, name] of CITIES.entries()) {
    const [first] = DISTRICTS.filter((district) => district.city === city);
    yield [`U-CITY-${city}`, 'city', PROVINCE, name, first!.latitude, first!.longitude];
  }
  for (const [district, { name, latitude, longitude }] of DISTRICTS.entries()) {
    const [city, county, area] = [cityOrgUnitOf(district), countyOrgUnitOf(district), areaOrgUnitOf(district)];
    const centre = `U-CENTRE-${district}`;
    yield [county, 'county_company', city, `${name}分公司`, latitude, longitude];
    yield [centre, 'marketing_centre', county, `${name}营销中心`, latitude, longitude];
    yield [area, 'area', centre, `${name}片区`, latitude, longitude];
    yield [`U-HALL-${district}`, 'hall', area, `${name}营业厅`, latitude, longitude];
  }
}

export function* cellRows({ world, identifiers, stream }: TableSource): Generator<Cell[]> {
  const { geography } = world;
  const order = Array.from({ length: geography.cells }, (_, cell) => cell);
  order.sort((left, right) => identifiers.cellNumber(left) - identifiers.cellNumber(right));
  for (const cell of order) {
    const district = geography.district[cell]!;
    const scene = SCENES[geography.scene[cell]!]!;
    const community = geography.community[cell]!;
    const { name } = DISTRICTS[district]!;
    const orgUnit = scene === 'business_hall' ? `U-HALL-${district}` : areaOrgUnitOf(district);
    const site = community >= 0 ? communityName(stream, community) : `${NAME_MARK}${name}${scene}${cell}`;
    yield [identifiers.cell(cell), ...degreesOf(geography, cell), cityName(district), name, orgUnit, scene, site];
  }
}

export function* communityRows({ world, identifiers, stream }: TableSource): Generator<Cell[]> {
  const { geography } = world;
  for (let community = 0; community < geography.communities; community += 1) {
    const cell = geography.communityCell[community]!;
    const district = geography.communityDistrict[community]!;
    const start = [identifiers.community(community), communityName(stream, community), DISTRICTS[district]!.name];
    const [hasOwnNetwork, homes] = [flagText(geography.ownNetwork[community] === 1), 200 + ((community * 37) % 900)];
    yield [...start, areaOrgUnitOf(district), ...degreesOf(geography, cell), hasOwnNetwork, homes];
  }
}

function degreesOf({ latitude, longitude }: Geography, cell: number): string[] {
  return [latitude[cell]!.toFixed(5), longitude[cell]!.toFixed(5)];
}

export function* cellCommunityRows({ world, identifiers }: TableSource): Generator<Cell[]> {
  const { geography } = world;
  for (let community = 0; community < geography.communities; community += 1) {
    const id = identifiers.community(community);
    const first = geography.communityCell[community]!;
    for (let cell = first; cell < first + CELLS_PER_COMMUNITY; cell += 1) {
      yield [identifiers.cell(cell), id, 'serves', (1 / CELLS_PER_COMMUNITY).toFixed(2), '2020-01-01'];
    }
    // the adjacent community of the district is in reach, too
    const adjacent = community + DISTRICTS.length;
    if (adjacent < geography.communities) {
      yield [identifiers.cell(geography.communityCell[adjacent]!), id, 'neighbour', undefined, '2020-01-01'];
    }
  }
}

export function* holidayRows({ world }: TableSource): Generator<Cell[]> {
  for (const { date, kind, name } of holidaysBetween(world.firstDay, world.afterLastDay)) yield [date, kind, name];
}
