import { contractTable } from './table.js';

/** Org units, cells, communities and the calendar. */
export const LOCATION_TABLES = [
  contractTable('org_units', { kind: 'definition' }, [
    'unit_id id * key',
    'level enum(province|city|county_company|marketing_centre|area|hall) *, parent_id id, name text',
    'latitude number -90..90, longitude number -180..180',
  ]),
  contractTable('communities', { kind: 'snapshot' }, [
    'community_id id * key',
    'name text *, district text, unit_id id > org_units, latitude number -90..90, longitude number -180..180',
    'own_network flag, built_on date, homes_passed count, ports count, build_cost money',
  ]),
  contractTable('cells', { kind: 'snapshot' }, [
    'cell_id id * key',
    'latitude number -90..90, longitude number -180..180, city text, district text, unit_id id > org_units',
    'scene text, scene_name text',
  ]),
  contractTable('cell_communities', { kind: 'definition', column: 'valid_from' }, [
    'cell_id id * key > cells, community_id id * key > communities',
    'relation enum(serves|neighbour) *, share number 0..1, valid_from date, valid_to date ends',
  ]),
  contractTable('community_months', { kind: 'month', column: 'month' }, [
    'community_id id * key > communities, month month * key',
    'info_points count, effective_households count, traffic_gb quantity, www_gb quantity, video_game_gb quantity',
    'off_net_gb quantity, settlement_cost money',
  ]),
  contractTable('scene_events', { kind: 'moment', column: 'starts_at' }, [
    'scene_name text * key, starts_at moment * key',
    'ends_at moment *, kind text, genre text',
  ]),
  contractTable('holidays', { kind: 'definition' }, [
    'date date * key',
    'kind enum(holiday|makeup_workday) *, name text',
  ]),
  contractTable('interconnect', { kind: 'day', column: 'day' }, [
    'day date * key, gateway text * key, direction text * key, peer_network text * key, peer_area text key',
    'peer_prefix text key',
    'calls count, seconds quantity, distinct_peers count',
  ]),
  contractTable('market_months', { kind: 'month', column: 'month' }, [
    'district text * key, month month * key, operator text * key',
    'population count, households count, subscribers count, offers text',
  ]),
];
