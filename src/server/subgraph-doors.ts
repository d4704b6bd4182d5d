import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { SubGraph } from '../../schema/builder.ts';
import { isSubGraph, subGraphSchema } from '../../schema/index.ts';
import type { App } from './app.ts';
import { yogaFor } from './graphql-door.ts';
import type { Listeners } from './listeners.ts';

type Door = ReturnType<typeof yogaFor>;

/** `/subgraphs/<name>`: one domain's part of the graph, for a federated gateway. Each is made when first asked for. */
export function openSubgraphDoors(app: App, fastify: FastifyInstance, listeners: Listeners): void {
  const doors = new Map<SubGraph, Door>();
  const doorOf = (name: SubGraph): Door => {
    const door =
      doors.get(name) ?? yogaFor(app, listeners, subGraphSchema(name), `/subgraphs/${name}`, false);
    doors.set(name, door);
    return door;
  };
  fastify.route<{ Params: { name: string } }>({
    url: '/subgraphs/:name',
    method: ['GET', 'POST', 'OPTIONS'],
    handler: (request, reply) => {
      const { name } = request.params;
      if (!isSubGraph(name)) return reply.callNotFound();
      return doorOf(name).handleNodeRequestAndResponse(request as FastifyRequest, reply as FastifyReply, {
        req: request as FastifyRequest,
      });
    },
  });
}
