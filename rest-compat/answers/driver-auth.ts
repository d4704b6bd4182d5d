import { z } from 'zod';
import { TOKEN_TYPES } from '../../src/domains/drivers/token.entity.ts';
import { flag, integer, object, text, time, uuid, word } from './fields.ts';

const tokens = {
  accessToken: text('Send it as `Authorization: Bearer`.', 'eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl'),
  refreshToken: text('Good once, for the next pair of tokens.', 'dGhlIG5leHQgb25lIGlzIGluIHRoZSBhbnN3ZXI'),
  expiresIn: integer('Seconds for which the access token is good.', 3600),
  tokenType: word(['Bearer'], 'How the access token is sent.'),
};

export const tokenPair = object('TokenPair', 'An access token, and what its successor is got with.', tokens);

const signedInDriver = object('SignedInDriver', 'Who signed in.', {
  id: uuid('Names the driver.'),
  email: text('Where they are written to.', 'maya@example.com'),
  firstName: text('Given name.', 'Maya'),
  lastName: text('Family name.', 'Rivera'),
  tokenUid: text('The uid of the token that they charge with.', 'A1B2C3D4E5F6').nullable(),
});

export const signIn = object('SignIn', 'A driver who is signed in.', { ...tokens, driver: signedInDriver });

export const notice = object('Notice', 'Something to tell people.', {
  message: text('For people.', 'The password has been changed.'),
});

const driverToken = object('DriverToken', 'A token that the driver can charge with.', {
  TokenUuid: uuid('Names the token.'),
  Uid: text('What a station reads.', 'A1B2C3D4E5F6'),
  TokenType: word(TOKEN_TYPES, 'What kind of token it is.'),
});

export const myself = object('Me', 'The driver who asks.', {
  id: uuid('Names the driver.'),
  Email: text('Where they are written to.', 'maya@example.com'),
  FirstName: text('Given name.', 'Maya'),
  LastName: text('Family name.', 'Rivera'),
  PhoneNumber: text('With its country code.', '+17875551234').nullable(),
  Address: text('Street and number.', '12 Calle Luna').nullable(),
  City: text('Town or city.', 'San Juan').nullable(),
  State: text('State or region.', 'PR').nullable(),
  PostalCode: text('Postal code.', '00901').nullable(),
  Country: text('Country.', 'US').nullable(),
  CreatedAt: time('When they registered.'),
  tokens: z.array(driverToken).meta({ description: 'Those that are valid.' }),
});

export const token = object('Token', 'What a driver identifies with: a card, or a number in an app.', {
  id: uuid('Names the token.'),
  uid: text('What a station reads; unique in its network, whatever the case.', 'A1B2C3D4E5F6'),
  contractId: text('Its number on the roaming networks.', 'US-DEM-A1B2C3D4'),
  tokenType: word(TOKEN_TYPES, 'What kind of token it is.'),
  alias: text('What its owner calls it.', 'The blue card').nullable(),
  valid: flag('Whether it opens a session now.'),
  userId: uuid('The driver it belongs to.'),
  createdAt: time('When it was made.'),
  expiresAt: time('When it stops being valid; null for never.', '2027-06-19T00:00:00Z').nullable(),
  lastUsedAt: time('When a session last began with it.').nullable(),
});

export const invalidatedToken = object('InvalidatedToken', 'A token that opens no session any more.', {
  tokenId: uuid('The token.'),
  action: word(['invalidate'], 'What was done with it.'),
  success: flag('Always true.'),
  message: text('For people.', 'The token is no longer valid.'),
});
