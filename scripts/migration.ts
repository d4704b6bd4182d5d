import { openAsOwner } from '../src/server/migrate.ts';

const USAGE = `Usage: node scripts/migration.ts create|check --url postgres://…

create   writes a migration for what the entities have and a migrated database lacks
check    exits 1 where a migrated database and the entities differ`;

const [command, , url] = process.argv.slice(2);
if (!url || (command !== 'create' && command !== 'check')) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(1);
}
const orm = openAsOwner(url);
if (command === 'create') {
  const { fileName } = await orm.migrator.create();
  process.stdout.write(`${fileName}: add it to migrations/index.ts\n`);
} else {
  const difference = await orm.schema.getUpdateSchemaSQL({ wrap: false });
  process.stdout.write(difference || 'entities and migrations agree\n');
  process.exitCode = difference ? 1 : 0;
}
await orm.close(true);
