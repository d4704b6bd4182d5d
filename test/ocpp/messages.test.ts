import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { printMessages } from '../../ocpp/print-messages.ts';

it('the page on the state of every message says what the routing tables say', async () => {
  const page = readFileSync(new URL('../../docs/ocpp-messages.md', import.meta.url), 'utf8');
  expect(page).toBe(await printMessages());
  expect(page).toContain('| TransactionEvent | supported |');
  expect(page).toContain('| GetTransactionStatus | supported |');
  expect(page).toContain('| RemoteStartTransaction | supported |');
  expect(page).toContain('| CostUpdated | never sent |');
});
