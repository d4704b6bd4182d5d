import './scalars.ts';
import './errors.ts';
import './network.ts';
import './api-key.ts';
import './location.ts';
import './connector.ts';
import './charger.ts';
import './remote-control.ts';
import './configuration.ts';
import './charger-job.ts';
import './local-list.ts';
import './availability.ts';
import './station-message.ts';
import './security.ts';
import './charger-frame.ts';
import './unknown-charger.ts';
import './charger-info.ts';
import './tariff.ts';
import './price.ts';
import './driver.ts';
import './token.ts';
import './account.ts';
import './review.ts';
import './favorite.ts';
import './notification-preferences.ts';
import './notification.ts';
import './session.ts';
import './transaction.ts';
import './invoice.ts';
import './payment-settings.ts';
import './payment.ts';
import './reservation.ts';
import './schedule.ts';
import './charging-profile.ts';
import './smart-charging.ts';
import './event.ts';
import './alert.ts';
import './analytics.ts';
import './report.ts';
import './webhook.ts';
import './push.ts';
import type { GraphQLSchema } from 'graphql';
import { builder, SUBGRAPHS, type SubGraph } from './builder.ts';

/** The whole graph: what is served. */
export const schema: GraphQLSchema = builder.toSchema();

const FEDERATION = 'https://specs.apollo.dev/federation/v2.6';

/** One domain's part of the graph, for a federated gateway. */
export const subGraphSchema = (subGraph: SubGraph): GraphQLSchema =>
  builder.toSubGraphSchema({
    subGraph,
    linkUrl: FEDERATION,
    federationDirectives: ['@key', '@shareable'],
  } as never);

export const isSubGraph = (name: string): name is SubGraph => (SUBGRAPHS as readonly string[]).includes(name);
