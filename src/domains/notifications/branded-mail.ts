import type { Mail } from '../../kernel/mailer.ts';
import type { Network } from '../network/network.entity.ts';

export type MailingNetwork = Pick<Network, 'name' | 'branding'>;

/** What a mail says, in plain text: everything is escaped where HTML is made of it. */
export interface MailContent {
  readonly to: string;
  readonly subject: string;
  readonly greeting?: string;
  readonly paragraphs: readonly string[];
  /** Label and value. */
  readonly details?: readonly (readonly [label: string, value: string])[];
  readonly action?: { readonly label: string; readonly url: string } | null;
  /** Beneath it all, in small print. */
  readonly footer: string;
}

const DEFAULT_COLOR = '#0f172a';

/** A mail in the network's name, colours and logo, as plain text and as HTML that needs no style sheet. */
export function brandedMail(network: MailingNetwork, content: MailContent): Mail {
  return {
    to: content.to,
    fromName: oneLine(network.name),
    subject: oneLine(content.subject),
    text: textOf(network, content),
    html: htmlOf(network, content),
  };
}

const legalLinks = ({ branding }: MailingNetwork) =>
  [
    { label: 'Terms', url: branding.termsUrl },
    { label: 'Privacy', url: branding.privacyUrl },
  ].filter((link): link is { label: string; url: string } => Boolean(link.url));

function textOf(network: MailingNetwork, content: MailContent): string {
  const { greeting, paragraphs, details = [], action, footer } = content;
  const blocks = [
    ...(greeting ? [greeting] : []),
    ...paragraphs,
    ...(details.length > 0 ? [details.map(([label, value]) => `${label}: ${value}`).join('\n')] : []),
    ...(action ? [`${action.label}:\n${action.url}`] : []),
    ['--', network.name, footer, ...legalLinks(network).map(({ label, url }) => `${label}: ${url}`)].join(
      '\n',
    ),
  ];
  return blocks.join('\n\n');
}

function htmlOf(network: MailingNetwork, content: MailContent): string {
  const { greeting, paragraphs, details = [], action, footer } = content;
  const { logoUrl, logoBackground, primaryColor } = network.branding;
  const color = primaryColor ?? DEFAULT_COLOR;
  const logoGround = logoBackground === 'dark' ? '#0f172a' : '#ffffff';
  const name = escaped(network.name);
  const head = logoUrl
    ? `<td style="padding:20px 24px;background:${logoGround}"><img src="${escaped(logoUrl)}" alt="${name}" height="40" style="height:40px;border:0"></td>`
    : `<td style="padding:20px 24px;background:${color};color:${inkOn(color)};font-size:20px;font-weight:bold">${name}</td>`;
  const rows = details.map(
    ([label, value]) =>
      `<tr><td style="padding:4px 16px 4px 0;color:#64748b">${escaped(label)}</td><td style="padding:4px 0">${escaped(value)}</td></tr>`,
  );
  const links = legalLinks(network).map(
    ({ label, url }) => `<a href="${escaped(url)}" style="color:#64748b">${label}</a>`,
  );
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(oneLine(content.subject))}</title></head>`,
    '<body style="margin:0;padding:24px;background:#f1f5f9;font-family:Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5;color:#0f172a">',
    '<table role="presentation" align="center" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;margin:0 auto;background:#ffffff">',
    `<tr>${head}</tr>`,
    `<tr><td style="padding:24px;border-top:4px solid ${color}">`,
    ...(greeting ? [`<p>${escaped(greeting)}</p>`] : []),
    ...paragraphs.map(paragraph => `<p>${escaped(paragraph)}</p>`),
    ...(rows.length > 0
      ? [`<table role="presentation" cellpadding="0" cellspacing="0">${rows.join('')}</table>`]
      : []),
    ...(action
      ? [
          `<p style="margin:24px 0"><a href="${escaped(action.url)}" style="display:inline-block;padding:12px 20px;background:${color};color:${inkOn(color)};text-decoration:none">${escaped(action.label)}</a></p>`,
        ]
      : []),
    '</td></tr>',
    `<tr><td style="padding:16px 24px;font-size:12px;color:#64748b">${[name, escaped(footer), ...links].join('<br>')}</td></tr>`,
    '</table></body></html>',
  ].join('\n');
}

/** What ends a header, or begins another one, is a space. */
const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, character => ENTITIES[character]!);

/** Black or white, whichever stands out from the colour (`#rrggbb`; WCAG's relative luminance). */
function inkOn(color: string): string {
  const [red, green, blue] = [1, 3, 5].map(at => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000000' : '#ffffff';
}
