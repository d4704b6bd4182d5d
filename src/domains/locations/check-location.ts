import { invalid } from '../../kernel/errors.ts';
import { checkWebUrl } from '../../kernel/web-url.ts';
import type { LocationImage, OpeningHours } from './location.entity.ts';
import { checkOpeningHours } from './opening-hours.ts';

const MAX_IMAGES = 50;

/** Throws a ValidationError for the first field that cannot be; what is null or left out is not looked at. */
export function checkLocation(fields: {
  readonly name?: string | null;
  readonly address?: string | null;
  readonly city?: string | null;
  readonly country?: string | null;
  readonly latitude?: number | null;
  readonly longitude?: number | null;
  readonly timeZone?: string | null;
  readonly phone?: string | null;
  readonly openingHours?: OpeningHours | null;
  readonly images?: readonly LocationImage[] | null;
}): void {
  for (const field of ['name', 'address', 'city'] as const) {
    if (fields[field]?.trim() === '') invalid(field, 'must not be empty');
  }
  if (fields.country && !/^[A-Z]{2}$/.test(fields.country)) {
    invalid('country', 'must be two capital letters (ISO 3166-1), such as US');
  }
  checkDegrees('latitude', fields.latitude, 90);
  checkDegrees('longitude', fields.longitude, 180);
  if (fields.timeZone && !isTimeZone(fields.timeZone)) {
    invalid('timeZone', `"${fields.timeZone}" is no IANA time zone`);
  }
  if (fields.phone != null && !/^\+?[\d ()./-]{3,30}$/.test(fields.phone)) {
    invalid('phone', 'must be a phone number, such as +1-787-555-0142');
  }
  if (fields.openingHours) checkOpeningHours(fields.openingHours);
  if (fields.images) checkImages(fields.images);
}

/** Throws a ValidationError for an angle beyond the given bound, in degrees. */
export function checkDegrees(field: string, degrees: number | null | undefined, bound: 90 | 180): void {
  if (typeof degrees === 'number' && !(Math.abs(degrees) <= bound)) {
    invalid(field, `must lie between -${bound} and ${bound} degrees`);
  }
}

function checkImages(images: readonly LocationImage[]): void {
  if (images.length > MAX_IMAGES) invalid('images', `may be at most ${MAX_IMAGES}`);
  for (const [index, image] of images.entries()) {
    checkWebUrl(`images[${index}].url`, image.url);
    if (image.thumbnailUrl !== null) checkWebUrl(`images[${index}].thumbnailUrl`, image.thumbnailUrl);
    for (const field of ['width', 'height'] as const) {
      if (image[field] !== null && !(image[field] >= 1))
        invalid(`images[${index}].${field}`, 'must be above 0');
    }
  }
}

function isTimeZone(name: string): boolean {
  try {
    Temporal.Now.zonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}
