import { authorizeToken } from '../../src/domains/drivers/authorize-token.ts';
import type { StationHandler } from '../handler.ts';
import { idTagInfo } from './id-tag-info.ts';
import type { Authorize } from './messages.ts';

export const authorize: StationHandler<Authorize> = async (ctx, station, { idTag }) => ({
  idTagInfo: idTagInfo(await authorizeToken(ctx, station.networkId, idTag, ctx.now().toString())),
});
