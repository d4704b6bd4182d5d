import { authorizeToken } from '../../src/domains/drivers/authorize-token.ts';
import type { StationHandler } from '../handler.ts';
import { idTokenInfo } from './id-token.ts';
import type { Authorize } from './messages.ts';

/** A contract certificate is accepted by nobody here who could vouch for it (ISO 15118 Plug & Charge). */
export const authorize: StationHandler<Authorize> = async (ctx, station, request) => {
  if (request.certificate || request.iso15118CertificateHashData) {
    return { idTokenInfo: { status: 'Invalid' }, certificateStatus: 'CertChainError' };
  }
  const { idToken } = request.idToken;
  return {
    idTokenInfo: idTokenInfo(await authorizeToken(ctx, station.networkId, idToken, ctx.now().toString())),
  };
};
