const ownRows = (column: string) => `${column} = any ((select app.networks())::uuid[])`;

const tenantPolicy = (column: string) => ({ name: 'tenant', using: ownRows(column), check: ownRows(column) });

const systemReads = { name: 'system_reads', command: 'select' as const, using: '(select app.system())' };

/** Row-level security for a table whose rows belong to one network (see `scope.ts`). */
export const tenantTable = {
  rowLevelSecurity: 'force' as const,
  policies: [tenantPolicy('network_id')],
};

/** The same, and the system may read across networks: to find a row's tenant, or to relay its events. */
export const tenantTableWithSystemReads = {
  rowLevelSecurity: 'force' as const,
  policies: [tenantPolicy('network_id'), systemReads],
};

/** For the table of tenants itself. */
export const networksTable = {
  rowLevelSecurity: 'force' as const,
  policies: [tenantPolicy('id'), systemReads],
};
