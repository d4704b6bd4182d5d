import type { FastifyInstance } from 'fastify';
import { RestError } from '../../rest-compat/envelope.ts';
import { refuse } from '../../rest-compat/serve.ts';
import { system } from '../auth/viewer.ts';
import { type DocumentKind, isGoodLink, printDocument } from '../domains/payments/documents.ts';
import { inScopeOf } from '../kernel/context.ts';
import { isUuid } from '../kernel/ids.ts';
import { networksScope } from '../kernel/scope.ts';
import type { App } from './app.ts';

interface Route {
  Params: { networkId: string; kind: string; file: string };
  Querystring: { expires?: unknown; signature?: unknown };
}

const isKind = (text: string): text is DocumentKind => text === 'invoices' || text === 'credit-notes';

/** Invoices and credit notes as PDF, under links that the graph hands out (`pdfUrl`). */
export function openDocumentDoor(app: App, fastify: FastifyInstance): void {
  fastify.get<Route>('/documents/:networkId/:kind/:file', async (request, reply) => {
    const { networkId, kind, file } = request.params;
    const { expires, signature } = request.query;
    const id = file.replace(/\.pdf$/, '');
    const ctx = app.context(system, request.id, { scope: networksScope([networkId]) });
    const isGood =
      [networkId, id].every(isUuid) &&
      isKind(kind) &&
      typeof signature === 'string' &&
      isGoodLink(ctx, { networkId, kind, id }, Number(expires), signature);
    if (!isGood) {
      return refuse(
        new RestError(404, 'not_found', 'No such document, or its link has expired.'),
        request,
        reply,
      );
    }
    const { fileName, pdf } = await inScopeOf(ctx, () => printDocument(ctx, { kind, id }));
    return reply
      .header('content-disposition', `inline; filename="${fileName}"`)
      .header('cache-control', 'private, no-store')
      .type('application/pdf')
      .send(pdf);
  });
}
