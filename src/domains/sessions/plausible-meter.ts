import Big from 'big.js';

/** 100 GWh: more than a strong station delivers in its life. */
export const METER_LIMIT_WH = '100000000000';

/** Whether a register, exact decimal Wh, can show this. */
export const isPlausibleMeter = (wh: string): boolean => new Big(wh).abs().lte(METER_LIMIT_WH);
