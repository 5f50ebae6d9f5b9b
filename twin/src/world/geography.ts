import { Purpose, type Stream } from '../randomness/stream.js';
import { sharedBytes, sharedFloats, sharedInts } from './shared.js';

/** Subscribers per cell, by the scene of its site; for each scene a district has at least one cell. */
const SUBSCRIBERS_PER_CELL = {
  office: 250,
  campus: 1500,
  subway: 800,
  business_hall: 1500,
  shopping: 500,
  stadium: 5000,
  industrial: 700,
};
const OTHER_SCENES = Object.keys(SUBSCRIBERS_PER_CELL) as (keyof typeof SUBSCRIBERS_PER_CELL)[];
/** The index is the code in `Geography.scene`. */
export const SCENES = ['residential', ...OTHER_SCENES] as const;
type Scene = (typeof SCENES)[number];

export const CITIES = ['沈阳市', '大连市'] as const;

/** By district code. */
export const DISTRICTS = [
  { name: '和平区', city: 0, latitude: 41.79, longitude: 123.41 },
  { name: '沈河区', city: 0, latitude: 41.8, longitude: 123.46 },
  { name: '铁西区', city: 0, latitude: 41.8, longitude: 123.36 },
  { name: '皇姑区', city: 0, latitude: 41.83, longitude: 123.43 },
  { name: '中山区', city: 1, latitude: 38.92, longitude: 121.64 },
  { name: '西岗区', city: 1, latitude: 38.91, longitude: 121.61 },
  { name: '沙河口区', city: 1, latitude: 38.9, longitude: 121.59 },
  { name: '甘井子区', city: 1, latitude: 38.95, longitude: 121.52 },
] as const;

export const CELLS_PER_COMMUNITY = 2;
const SUBSCRIBERS_PER_COMMUNITY = 80;
const DEGREES_SPREAD = 0.03;

export function buildGeography(stream: Stream, subscribers: number): Geography {
  const communities = Math.max(DISTRICTS.length, Math.ceil(subscribers / SUBSCRIBERS_PER_COMMUNITY));
  const counts = OTHER_SCENES.map((scene) => {
    return Math.max(DISTRICTS.length, Math.ceil(subscribers / SUBSCRIBERS_PER_CELL[scene]));
  });
  const cells = communities * CELLS_PER_COMMUNITY + counts.reduce((sum, count) => sum + count, 0);
  const geography = allocate(cells, communities);
  let cell = 0;
  const addCell = (district: number, scene: number, community: number): void => {
    const random = stream.at(Purpose.geography, cell);
    geography.district[cell] = district;
    geography.scene[cell] = scene;
    geography.community[cell] = community;
    geography.latitude[cell] = DISTRICTS[district]!.latitude + DEGREES_SPREAD * (random.next() - 0.5);
    geography.longitude[cell] = DISTRICTS[district]!.longitude + DEGREES_SPREAD * (random.next() - 0.5);
    geography.faultProneness[cell] = random.logNormal(0.8, 0.7);
    cell += 1;
  };
  for (let community = 0; community < communities; community += 1) {
    const district = community % DISTRICTS.length;
    geography.communityDistrict[community] = district;
    geography.communityCell[community] = cell;
    geography.ownNetwork[community] = stream.at(Purpose.geography, -1 - community).chance(0.6) ? 1 : 0;
    for (let each = 0; each < CELLS_PER_COMMUNITY; each += 1) addCell(district, 0, community);
  }
  counts.forEach((count, at) => {
    for (let each = 0; each < count; each += 1) addCell(each % DISTRICTS.length, at + 1, -1);
  });
  return geography;
}

/** Cells and the residential communities that they serve; a community has its own cells. */
export type Geography = ReturnType<typeof allocate>;

function allocate(cells: number, communities: number) {
  return {
    cells,
    district: sharedBytes(cells),
    scene: sharedBytes(cells),
    /** Degrees. */
    latitude: sharedFloats(cells),
    longitude: sharedFloats(cells),
    /** Community that a cell serves, -1 for none. */
    community: sharedInts(cells, -1),
    /** Relative frequency of faults; 1 on average. */
    faultProneness: sharedFloats(cells),
    communities,
    communityDistrict: sharedBytes(communities),
    /** First of a community's adjacent cells. */
    communityCell: sharedInts(communities),
    /** 1 if the operator has its own fixed network there. */
    ownNetwork: sharedBytes(communities),
  };
}

/** @param city all cities by default */
export function cellsOf(geography: Geography, scene: Scene, city?: number): number[] {
  const code = SCENES.indexOf(scene);
  const isFound = (cell: number): boolean =>
    geography.scene[cell] === code && (city === undefined || cityOf(geography, cell) === city);
  return [...geography.scene.keys()].filter(isFound);
}

export function cityOf(geography: Geography, cell: number): number {
  return DISTRICTS[geography.district[cell]!]!.city;
}

const FAULT_SHARE = 0.035;

/** Severity of a cell's faults in a month: 0 in most months, about 1 in a bad one. */
export function faultOf(stream: Stream, geography: Geography, cell: number, month: number): number {
  const random = stream.at(Purpose.fault, cell, month);
  const proneness = geography.faultProneness[cell]!;
  return random.chance(Math.min(0.5, FAULT_SHARE * proneness)) ? 0.4 + random.next() * 1.2 : 0;
}
