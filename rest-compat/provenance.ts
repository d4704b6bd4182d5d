// Where the value of each response field comes from. `npm run provenance` prints it as docs/provenance.md.

/** What sets a value: mutations of the graph, messages of stations, or what we make of other values. */
export interface Origin {
  readonly mutations: readonly string[];
  /** OCPP actions. */
  readonly messages: readonly string[];
  readonly derived: string | null;
}

export type Fields = Readonly<Record<string, Origin>>;

const by = (...mutations: string[]): Origin => ({ mutations, messages: [], derived: null });
const told = (...messages: string[]): Origin => ({ mutations: [], messages, derived: null });
const derived = (how: string, ...from: readonly Origin[]): Origin => ({ ...both(...from), derived: how });
const both = (...origins: readonly Origin[]): Origin => ({
  mutations: origins.flatMap(origin => origin.mutations),
  messages: origins.flatMap(origin => origin.messages),
  derived: null,
});
const all = <Name extends string>(names: readonly Name[], origin: Origin): Record<Name, Origin> =>
  Object.fromEntries(names.map(name => [name, origin])) as Record<Name, Origin>;
const under = (path: string, fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, origin]) => [`${path}.${name}`, origin]));
const pick = (fields: Fields, ...names: string[]): Fields =>
  Object.fromEntries(names.map(name => [name, fields[name]!]));
const renamed = (fields: Fields, names: Readonly<Record<string, string>>): Fields =>
  Object.fromEntries(Object.entries(names).map(([name, original]) => [name, fields[original]!]));

const network = {
  networkId: by('createNetwork'),
  networkName: by('createNetwork', 'updateNetwork'),
  branding: by('createNetwork', 'updateNetwork'),
  currency: by('createNetwork'),
};

const locationSet = by('createLocation', 'updateLocation');
const chargerSet = by('createCharger', 'updateCharger');
const addedByStation = told('StatusNotification', 'StartTransaction');
const connectorMade = derived(
  'for a connector that a station reports and nobody entered: plain figures',
  by('createCharger'),
  addedByStation,
);

const chargerNow = {
  status: derived(
    'what the station says of itself where it is out of order or of service, else of its best connector',
    told('StatusNotification'),
  ),
  lastHeartbeat: derived('the last message of whichever action', told('Heartbeat')),
  isOnline: derived('connected, or a message within the last 5 minutes'),
  connectorCount: derived('how many there are', by('createCharger'), addedByStation),
};

const charger = {
  id: by('createCharger'),
  uid: by('createCharger'),
  evseId: chargerSet,
  ...chargerNow,
  locationId: chargerSet,
  locationName: locationSet,
  isPublic: chargerSet,
  maxPowerKw: derived("its rating, or the strongest connector's", chargerSet),
  lastUpdated: both(chargerSet, told('BootNotification', 'StatusNotification')),
  ...pick(network, 'networkId', 'networkName'),
};

const connector = {
  id: connectorMade,
  connectorNumber: connectorMade,
  connectorIdentifier: derived("the charger's uid and the connector's number", by('createCharger')),
  status: told('StatusNotification'),
  standard: connectorMade,
  format: connectorMade,
  powerType: connectorMade,
  maxVoltage: connectorMade,
  maxAmperage: connectorMade,
  maxElectricPowerWatts: connectorMade,
  lastUpdated: both(by('createCharger'), told('StatusNotification')),
};

const location = {
  id: by('createLocation'),
  ...all(
    ['name', 'address', 'city', 'state', 'country', 'latitude', 'longitude', 'phone'] as const,
    locationSet,
  ),
  ...all(['hasParking', 'hasRestrooms', 'hasWifi'] as const, locationSet),
  chargerCount: derived('those that the caller sees', chargerSet),
  availableCount: derived('those that are AVAILABLE and online', told('StatusNotification')),
};
const locationItem = {
  ...location,
  maxPowerKw: derived("its strongest charger's", chargerSet),
  connectorTypes: derived('of its connectors, without repetition', by('createCharger')),
};

const review = {
  ...all(['id', 'rating', 'comment', 'createdAt', 'updatedAt'] as const, by('addReview')),
};

const driverSet = by('register', 'createDriver', 'updateDriver');
const detailSet = by('createDriver', 'updateDriver');
const user = {
  id: by('register', 'createDriver'),
  ...all(['email', 'firstName', 'lastName', 'phoneNumber'] as const, driverSet),
  ...all(['address', 'city', 'state', 'postalCode', 'country'] as const, detailSet),
  createdAt: by('register', 'createDriver'),
  lastUpdated: by('updateDriver', 'resetPassword'),
  totalSessions: derived('counted', by('startSession'), told('StartTransaction')),
  totalEnergyKwh: derived('summed over sessions', told('MeterValues', 'StopTransaction')),
  totalSpent: derived("summed over bills in the network's currency", told('StopTransaction')),
  currency: network.currency,
};

const tokenMade = by('createToken', 'register', 'createDriver');
const token = {
  ...all(['id', 'uid', 'contractId', 'tokenType', 'userId', 'createdAt'] as const, tokenMade),
  ...all(['alias', 'expiresAt'] as const, by('createToken')),
  valid: derived('neither blocked, nor ended, nor expired', by('createToken', 'invalidateToken')),
  lastUsedAt: told('StartTransaction'),
};

const signIn = by('register', 'login', 'refresh');
const tokens = {
  ...all(['accessToken', 'refreshToken'] as const, signIn),
  expiresIn: derived('a setting of ours: one hour'),
  tokenType: derived('always Bearer'),
};
const signedIn = {
  ...tokens,
  ...under('driver', {
    ...pick(user, 'id', 'email', 'firstName', 'lastName'),
    tokenUid: derived('of the newest valid token', tokenMade),
  }),
};

const favorite = all(['id', 'targetType', 'targetId', 'createdAt'], by('saveFavorite'));
const favorites = {
  ...favorite,
  label: derived("or the target's name", by('saveFavorite')),
};

const preferenceSet = by('updateNotificationPreferences');
const preferences = {
  ...all(['channels.push', 'channels.email', 'channels.sms'], preferenceSet),
  ...all(
    ['sessionStarted', 'sessionStopped', 'sessionFailed'].map(name => `events.${name}`),
    preferenceSet,
  ),
  ...all(['events.reservationReminder', 'events.payment'], preferenceSet),
  ...all(['contact.email', 'contact.phoneNumber'], derived("or the driver's own", preferenceSet, driverSet)),
  updatedAt: preferenceSet,
};

const started = both(by('startSession'), told('StartTransaction'));
const billed = derived(
  'the tariff as it was at the start, applied to what was metered',
  by('createTariff', 'updateTariff', 'assignTariff'),
  told('StartTransaction', 'MeterValues', 'StatusNotification', 'StopTransaction'),
);
const billCurrency = derived("the tariff's, or the network's", by('createTariff', 'createNetwork'));
const paymentSet = by('updatePaymentSettings');
const cardSaved = derived('at Stripe', by('createSetupIntent', 'createSetupCheckout'));
const paymentStatus = derived(
  'what came of the hold, the capture and refunds at Stripe; null where nothing is held or owed',
  by('refundTransaction', 'retryPayment'),
  told('StartTransaction', 'StopTransaction'),
);

const session = {
  id: started,
  status: derived(
    'each advances it; expired 5 minutes after a start that nobody used',
    by('startSession', 'stopSession'),
    told('StartTransaction', 'MeterValues', 'StatusNotification', 'StopTransaction'),
  ),
  ...all(['chargerId', 'connectorId', 'connectorNumber'] as const, started),
  chargerUid: charger.uid,
  locationId: derived('where the charger was at the start', started),
  locationName: locationSet,
  startTime: started,
  endTime: both(by('stopSession'), told('StopTransaction')),
  durationSeconds: derived('from the start to the end, or to now'),
  energyDeliveredKwh: derived('counted up, over resets of the meter', told('MeterValues', 'StopTransaction')),
  total: billed,
  currency: billCurrency,
  maxPowerKw: derived('the highest seen', told('MeterValues')),
  currentPowerKw: told('MeterValues'),
  currentSocPercent: told('MeterValues'),
};

const idle = derived(
  'plugged in without energy, beyond the charge',
  told('StatusNotification', 'MeterValues', 'StopTransaction'),
);
const sessionDetail = {
  ...session,
  authMethod: derived('how it was begun', started),
  idTag: started,
  startMeterValue: told('StartTransaction'),
  endMeterValue: told('StopTransaction'),
  currentMeterValue: told('StartTransaction', 'MeterValues', 'StopTransaction'),
  startReason: derived('RemoteStart or Authorized', told('StartTransaction')),
  stopReason: told('StopTransaction'),
  idleTimeSeconds: idle,
  isInIdleState: idle,
  paymentStatus,
  ...under('costs', {
    ...all(['subtotal', 'taxes', 'sessionFees', 'idleFees', 'timeFees', 'total'], billed),
    currency: billCurrency,
  }),
};

const transactionMade = derived('made when a session ends that had energy', told('StopTransaction'));
const transaction = {
  ...all(['id', 'ocpiId', 'sessionId'] as const, transactionMade),
  userId: derived("the token's driver", tokenMade),
  startTime: session.startTime,
  endTime: session.endTime,
  totalEnergyKwh: session.energyDeliveredKwh,
  currency: billCurrency,
  paymentStatus,
  locationName: derived('as it was when the bill was made', locationSet),
};

const invoiceMade = by('createInvoice');

const BILL_PARTS = ['energyCost', 'timeCost', 'sessionFee', 'idleFee', 'subtotal', 'tax', 'total'];

const tariffSet = by('createTariff', 'updateTariff');
const tariff = {
  id: by('createTariff'),
  ...all(
    ['name', 'description', 'type', 'currency', 'isFree', 'effectiveFrom', 'effectiveTo'] as const,
    tariffSet,
  ),
  ...all(['energyRate', 'timeRate', 'idleRate', 'sessionFee', 'taxRate'] as const, tariffSet),
  ...all(['minimumSessionFee', 'maximumSessionFee'] as const, tariffSet),
};

const priceNow = derived('of the tariff that applies to the connector now', tariffSet, by('assignTariff'));

const reservationMade = by('reserve');
const reservationState = derived(
  "the station's answer to ReserveNow; then what ended it, its time included",
  by('reserve', 'cancelReservation'),
  told('StartTransaction', 'StatusNotification'),
);
const reservation = {
  ...all(['id', 'chargerId', 'connectorNumber', 'createdAt'] as const, reservationMade),
  chargerName: derived('its serial number, or its uid', by('createCharger'), told('BootNotification')),
  ...all(['status', 'statusReason'] as const, reservationState),
  idTag: derived('of the newest valid token where none is named', reservationMade, tokenMade),
  expiryDate: derived('a quarter of an hour from then where no time is named', reservationMade),
  cancelledAt: derived(
    'also when its connector goes out of order or of service',
    by('cancelReservation'),
    told('StatusNotification'),
  ),
};

const schedule = {
  ...all(['id', 'chargerId', 'connectorNumber', 'scheduledTime', 'createdAt'], by('createSchedule')),
  ...all(
    ['status', 'statusReason'],
    derived(
      'when its time has come: what starting the session came to',
      by('createSchedule', 'cancelSchedule'),
    ),
  ),
  firedAt: derived('when the session was started', by('createSchedule')),
};

/** A command: what was asked, and what the station made of it. */
const command = (mutation: string, action: string, asked: readonly string[]): Fields => ({
  ...all(['chargerId', ...asked], by(mutation)),
  ...all(
    ['accepted', 'reason', 'retryable'],
    derived(`the station's answer to ${action}, or that there is none`, by(mutation)),
  ),
});

const inWindow = {
  period: derived('as asked for, or day'),
  ...all(['fromDate', 'toDate'], derived('as asked for; 30 days to now where left out')),
  ...all(['timeline[].date', 'timeline[].label'], derived('each UTC day, ISO week or month of the window')),
};
const sessionsCounted = derived(
  'of the sessions that started in the window',
  by('startSession', 'stopSession'),
  told('StartTransaction', 'StopTransaction'),
);
const energySummed = derived(
  'over the sessions that started in the window',
  told('MeterValues', 'StopTransaction'),
);
const revenueSummed = derived(
  "over the bills whose charge ended in the window, in the primary network's currency, refunds subtracted",
  billed,
);

/** By route, as `METHOD path`: the fields of `data`, or of each item of it. The envelope is our own. */
const webhookSet = by('createWebhook', 'updateWebhook');
const sent = derived(
  "what came of the attempts, and of the subscription's own state",
  by('retryWebhookDelivery'),
);
const webhook = {
  id: by('createWebhook'),
  ...all(['url', 'events', 'description'], webhookSet),
  is_active: derived(
    'until too many deliveries in a row failed, or the receiver answered 410',
    by('updateWebhook'),
  ),
  consecutive_failures: derived('since the last success', by('updateWebhook')),
  ...all(['disabled_at', 'disabled_reason'], derived('when and why it is not active', by('updateWebhook'))),
  created_at: by('createWebhook'),
  updated_at: by('createWebhook', 'updateWebhook', 'rotateWebhookSecret'),
};
const fannedOut = derived(
  'one for each event that the subscription listens to',
  by('testWebhook', 'recoverWebhookDeliveries'),
);
const delivery = {
  ...all(['id', 'event_type', 'created_at'], fannedOut),
  http_status: derived("the last attempt's"),
  ...all(['success', 'status', 'attempts', 'completed_at'], sent),
};

export const PROVENANCE: Readonly<Record<string, Fields>> = {
  'GET /analytics/sessions': {
    ...all(['totalSessions', 'completedSessions', 'failedSessions'], sessionsCounted),
    ...inWindow,
    averageSessionDurationMinutes: derived('over those that were completed', sessionsCounted),
    averageEnergyPerSessionKwh: energySummed,
    growthPercentage: derived('against the equally long window just before', sessionsCounted),
    'timeline[].value': sessionsCounted,
  },
  'GET /analytics/revenue': {
    ...inWindow,
    ...all(['totalRevenue', 'timeline[].value', 'revenueByLocation[].value'], revenueSummed),
    growthPercentage: derived('against the equally long window just before', revenueSummed),
    averagePerSession: derived('over the sessions that brought any', revenueSummed),
    currency: network.currency,
    'revenueByLocation[].name': locationSet,
    'revenueByLocation[].percentage': derived('of all revenue', revenueSummed),
  },
  'GET /analytics/energy': {
    ...inWindow,
    ...all(['totalEnergyKwh', 'averagePerSessionKwh', 'timeline[].value'], energySummed),
    ...all(['peakDayKwh', 'peakDayDate'], derived('the UTC day that delivered most', energySummed)),
    growthPercentage: derived('against the equally long window just before', energySummed),
  },
  'GET /reports/export': {
    ...all(['reportType', 'format'], derived('as asked for, or daily-sales and json')),
    generatedAt: derived('when it was asked for'),
    ...pick(inWindow, 'fromDate', 'toDate'),
    recordCount: derived('how many there are'),
    data: derived('bills and sessions, summed up or one by one', billed),
  },
  'GET /auth/tokens': token,
  'POST /auth/tokens': token,
  'GET /auth/tokens/{id}': token,
  'DELETE /auth/tokens/{id}': {
    tokenId: tokenMade,
    ...all(['action', 'success', 'message'], derived('always the same')),
  },
  'POST /auth/driver/register': signedIn,
  'POST /auth/driver/login': signedIn,
  'POST /auth/driver/refresh': tokens,
  'POST /auth/driver/forgot-password': { message: derived('always the same') },
  'POST /auth/driver/reset-password': { message: derived('always the same') },
  'GET /auth/driver/me': {
    ...renamed(user, {
      id: 'id',
      Email: 'email',
      FirstName: 'firstName',
      LastName: 'lastName',
      PhoneNumber: 'phoneNumber',
      Address: 'address',
      City: 'city',
      State: 'state',
      PostalCode: 'postalCode',
      Country: 'country',
      CreatedAt: 'createdAt',
    }),
    ...under('tokens[]', renamed(token, { TokenUuid: 'id', Uid: 'uid', TokenType: 'tokenType' })),
  },
  'GET /chargers': charger,
  'GET /chargers/{id}': {
    ...charger,
    ...all(['serialNumber', 'manufacturer', 'model', 'firmwareVersion'], told('BootNotification')),
    ocppVersion: derived('the protocol that the socket speaks', told('BootNotification')),
    ...all(['floorLevel', 'physicalReference'], chargerSet),
    ...all(['installationDate', 'coordinates'], by('createCharger')),
    ...under('connectors[]', connector),
  },
  'GET /chargers/{identifier}/info': {
    ...renamed(charger, {
      chargerUuid: 'id',
      chargerUid: 'uid',
      chargerName: 'uid',
      status: 'status',
      isOnline: 'isOnline',
      locationUuid: 'locationId',
      locationName: 'locationName',
      networkUuid: 'networkId',
      networkName: 'networkName',
    }),
    llmLookupId: derived('drawn at random', by('createCharger')),
    ...pick(location, 'address', 'city', 'latitude', 'longitude'),
    ...all(['networkLogoUrl', 'networkPrimaryColor', 'networkSecondaryColor'], network.branding),
    currency: network.currency,
    ...under('connectors[]', {
      connectorUuid: connector.id,
      ...pick(
        connector,
        'connectorIdentifier',
        'connectorNumber',
        'standard',
        'format',
        'powerType',
        'status',
      ),
      maxPowerKw: connectorMade,
      ...all(['tariffId', 'tariffName', 'energyRate', 'timeRate', 'sessionFee', 'idleRate'], priceNow),
      ...all(['idleFeeEnabled', 'idleGracePeriodMinutes'], priceNow),
    }),
  },
  'POST /chargers/{id}/reboot': {
    chargerId: by('rebootCharger'),
    ...all(['status', 'message'], derived("the station's answer to Reset", by('rebootCharger'))),
  },
  'POST /remote-control/{chargerId}/unlock': command('unlockConnector', 'UnlockConnector', [
    'connectorNumber',
  ]),
  'POST /remote-control/{chargerId}/trigger': command('triggerMessage', 'TriggerMessage', ['message']),
  'POST /remote-control/{chargerId}/reset': command('resetCharger', 'Reset', ['type']),
  'GET /connectors/{id}/status': {
    ...connector,
    ...renamed(charger, { chargerId: 'id', chargerUid: 'uid' }),
    ...pick(charger, 'locationId', 'locationName'),
    lastStatusUpdate: told('StatusNotification'),
    ...all(['hasRfidReader', 'hasDisplay'], chargerSet),
  },
  'GET /charging/sessions': session,
  'GET /charging/sessions/{id}': sessionDetail,
  'POST /charging/start': {
    ...pick(session, 'id', 'status', 'chargerId', 'connectorNumber', 'startTime'),
    ...all(['sessionId', 'correlationId'], by('startSession')),
    message: derived('always the same'),
  },
  'POST /charging/stop': sessionDetail,
  'POST /charging/schedule': schedule,
  'GET /charging/schedules': schedule,
  'GET /reservations': reservation,
  'POST /reservations': reservation,
  'GET /reservations/{id}': reservation,
  'DELETE /reservations/{id}': reservation,
  'GET /smart-charging/{chargerId}/limit': {
    chargerId: by('createCharger'),
    ...all(['connectorNumber', 'unit'], derived('as asked for, or 1 and A')),
    ...all(['accepted', 'schedule'], derived("the station's answer to GetCompositeSchedule")),
  },
  'PUT /smart-charging/{chargerId}/limit': {
    ...command('setChargingLimit', 'SetChargingProfile', ['connectorNumber', 'unit', 'limit']),
    profileId: derived("90000 and the connector's number", by('setChargingLimit')),
  },
  'DELETE /smart-charging/{chargerId}/limit': {
    ...command('clearChargingLimit', 'ClearChargingProfile', ['connectorNumber']),
    profileId: derived("90000 and the connector's number", by('clearChargingLimit')),
  },
  'GET /favorites': favorites,
  'POST /favorites': favorites,
  'POST /invoices': {
    ...all(['id', 'invoiceNumber', 'issueDate', 'status'], invoiceMade),
    dueDate: derived("the network's term of payment after the issue", by('createInvoice', 'updateNetwork')),
    userId: transaction.userId,
    ...all(['userName', 'userEmail'], derived("the driver's, as they were at the issue", driverSet)),
    'lineItems[].transactionId': transaction.id,
    'lineItems[].sessionDate': session.startTime,
    'lineItems[].locationName': transaction.locationName,
    'lineItems[].energyKwh': session.energyDeliveredKwh,
    'lineItems[].amount': billed,
    ...all(['subtotal', 'tax', 'total'], derived('the sums of the transactions', billed)),
    currency: billCurrency,
  },
  'GET /locations': { ...locationItem, distanceKm: derived('null: known in /locations/search alone') },
  'GET /locations/search': {
    ...locationItem,
    distanceKm: derived('from the given point, as the crow flies', locationSet),
  },
  'GET /locations/{id}': {
    ...location,
    openingHours: locationSet,
    ...all(
      ['url', 'thumbnailUrl', 'type', 'width', 'height'].map(name => `images[].${name}`),
      locationSet,
    ),
    ...all(['ratingAverage', 'ratingCount'], derived('over all reviews', by('addReview'))),
  },
  'GET /locations/{id}/chargers': {
    id: charger.id,
    serialNumber: told('BootNotification'),
    ...chargerNow,
  },
  'GET /locations/{id}/reviews': {
    ...all(['summary.average', 'summary.count'], derived('over all reviews', by('addReview'))),
    ...under('reviews[]', {
      ...review,
      authorName: derived("the driver's first name", driverSet),
      isMine: derived('whether the caller wrote it'),
    }),
  },
  'POST /locations/{id}/reviews': review,
  'POST /locations/{id}/report': { id: by('reportProblem'), status: derived('always received') },
  'GET /networks/{networkId}/branding': {
    networkId: network.networkId,
    name: network.networkName,
    ...all(['logoUrl', 'faviconUrl', 'logoBackground', 'primaryColor', 'secondaryColor'], network.branding),
    ...all(['termsUrl', 'privacyUrl'], network.branding),
  },
  'GET /notifications/preferences': preferences,
  'PUT /notifications/preferences': preferences,
  'GET /payments/config': {
    paymentMode: derived('always phevnix_managed'),
    phevnixBillingAvailable: paymentSet,
    provider: derived('always stripe'),
    publishableKey: paymentSet,
    currency: derived("the settings', or the network's", by('updatePaymentSettings', 'createNetwork')),
    methods: paymentSet,
    ...all(['preAuthorizationAmount', 'minimumAmount', 'maximumAmount'], paymentSet),
  },
  'GET /payments/methods': {
    paymentMode: derived('always phevnix_managed'),
    ...all(
      ['id', 'brand', 'last4', 'expMonth', 'expYear'].map(name => `methods[].${name}`),
      cardSaved,
    ),
    'methods[].isDefault': derived('the one chosen, or the newest', by('setDefaultCard')),
  },
  'POST /payments/setup-intent': { clientSecret: by('createSetupIntent'), publishableKey: paymentSet },
  'POST /payments/setup-checkout': { url: by('createSetupCheckout') },
  'POST /payments/checkout': {
    paymentMode: derived('always phevnix_managed'),
    sessionId: session.id,
    sessionStatus: session.status,
    paymentStatus,
    isFree: derived('whether the tariff is free', tariffSet),
    total: billed,
    currency: billCurrency,
    captured: paymentStatus,
    note: derived('always the same'),
  },
  'POST /pricing/calculate': {
    ...all(BILL_PARTS, derived('the tariff applied to the usage that is asked for', tariffSet)),
    currency: tariffSet,
    tariffName: tariffSet,
  },
  'GET /tariffs': tariff,
  'GET /tariffs/{id}': tariff,
  'GET /transactions': { ...transaction, amount: billed },
  'GET /transactions/{id}': {
    ...transaction,
    totalTimeMinutes: derived('from the start to the end'),
    locationId: session.locationId,
    locationAddress: transaction.locationName,
    chargerUid: charger.uid,
    connectorNumber: session.connectorNumber,
    ...under('costBreakdown', all(BILL_PARTS, billed)),
  },
  'GET /users': user,
  'POST /users': user,
  'GET /users/{id}': user,
  'PUT /users/{id}': user,
  'GET /push/config': { publicKey: derived('made once for the installation') },
  'POST /push/subscribe': { status: derived('always subscribed', by('subscribeToPush')) },
  'POST /push/test': {
    ...all(['sent', 'subscriptions'], derived('counted as the devices are told', by('testPush'))),
  },
  'GET /webhooks': webhook,
  'POST /webhooks': {
    ...pick(webhook, 'id', 'url', 'events', 'description', 'is_active', 'created_at'),
    hmac_secret: by('createWebhook', 'rotateWebhookSecret'),
  },
  'PATCH /webhooks/{webhookId}': webhook,
  'POST /webhooks/{webhookId}/test': {
    webhook_id: by('createWebhook'),
    test_enqueued: derived('always true', by('testWebhook')),
  },
  'GET /webhooks/{webhookId}/deliveries': delivery,
  'GET /webhooks/{webhookId}/deliveries/{deliveryId}': {
    ...delivery,
    payload: derived('the event, flat'),
    ...all(['response_body', 'duration_ms'], derived("the last attempt's")),
    ...all(['max_attempts', 'next_retry_at'], sent),
  },
  'POST /webhooks/{webhookId}/deliveries/{deliveryId}/retry': {
    delivery_id: fannedOut,
    retry_enqueued: derived('always true', by('retryWebhookDelivery')),
  },
  'GET /webhooks/event-types': { '': derived('fixed') },
};
