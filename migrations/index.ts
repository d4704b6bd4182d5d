import { Migration20261122000000 } from './Migration20261122000000.ts';
import { Migration20261122000001 } from './Migration20261122000001.ts';
import { Migration20261122000002 } from './Migration20261122000002.ts';
import { Migration20261122000003 } from './Migration20261122000003.ts';
import { Migration20261122000004 } from './Migration20261122000004.ts';
import { Migration20261122000005 } from './Migration20261122000005.ts';
import { Migration20261122000006 } from './Migration20261122000006.ts';
import { Migration20261122000007 } from './Migration20261122000007.ts';
import { Migration20261122000008 } from './Migration20261122000008.ts';
import { Migration20261122000009 } from './Migration20261122000009.ts';
import { Migration20261122000010 } from './Migration20261122000010.ts';
import { Migration20261122000011 } from './Migration20261122000011.ts';
import { Migration20261122000012 } from './Migration20261122000012.ts';
import { Migration20261122000013 } from './Migration20261122000013.ts';
import { Migration20261122000014 } from './Migration20261122000014.ts';
import { Migration20261122000015 } from './Migration20261122000015.ts';

/** In order of time; a migration that has been released is never changed. */
export const migrations = [
  { name: 'Migration20261122000000', class: Migration20261122000000 },
  { name: 'Migration20261122000001', class: Migration20261122000001 },
  { name: 'Migration20261122000002', class: Migration20261122000002 },
  { name: 'Migration20261122000003', class: Migration20261122000003 },
  { name: 'Migration20261122000004', class: Migration20261122000004 },
  { name: 'Migration20261122000005', class: Migration20261122000005 },
  { name: 'Migration20261122000006', class: Migration20261122000006 },
  { name: 'Migration20261122000007', class: Migration20261122000007 },
  { name: 'Migration20261122000008', class: Migration20261122000008 },
  { name: 'Migration20261122000009', class: Migration20261122000009 },
  { name: 'Migration20261122000010', class: Migration20261122000010 },
  { name: 'Migration20261122000011', class: Migration20261122000011 },
  { name: 'Migration20261122000012', class: Migration20261122000012 },
  { name: 'Migration20261122000013', class: Migration20261122000013 },
  { name: 'Migration20261122000014', class: Migration20261122000014 },
  { name: 'Migration20261122000015', class: Migration20261122000015 },
];
