import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { MIN_PASSWORD_LENGTH } from './password.js';

const STYLE = `
:root{color-scheme:light dark;--ink:#1b2330;--soft:#5b6675;--paper:#fff;--back:#eef1f5;--line:#cdd4de;--accent:#1f5fd0;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecf2;--soft:#9aa6b6;--paper:#1b2230;--back:#10151e;--line:#3a4556;--accent:#7fb0ff;--bad:#ff9b92}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:16px;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{width:100%;max-width:400px;background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:32px}
h1{font-size:1.375rem;line-height:1.3;margin:0 0 8px}p{margin:0 0 16px}.soft{color:var(--soft)}.bad{color:var(--bad)}
label{display:block;font-weight:600;margin:0 0 4px}input{width:100%;font:inherit;color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:10px 12px;margin:0 0 16px}
button{width:100%;font:inherit;font-weight:600;border-radius:8px;padding:11px;border:1px solid var(--accent);background:var(--accent);color:var(--paper);cursor:pointer;margin:0 0 8px}
a.with{display:block;text-align:center;text-decoration:none;font-weight:600;border-radius:8px;padding:11px;border:1px solid var(--line);color:var(--ink);margin:0 0 8px;overflow-wrap:anywhere}
.or{display:flex;align-items:center;gap:12px;color:var(--soft);margin:16px 0}.or::before,.or::after{content:"";flex:1;border-top:1px solid var(--line)}
button.plain{background:transparent;color:var(--accent)}ul{margin:0 0 16px;padding-left:20px;overflow-wrap:anywhere}strong{overflow-wrap:anywhere}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

export interface Page {
  title: string;
  /** HTML; every text in it is escaped. */
  body: string;
  /** Where forms of the page may lead in the end, besides here: browsers check redirects too. */
  formTarget?: string | null;
}

/** What a person is asked to decide on. */
export interface Asking {
  uid: string;
  clientName: string;
  redirectUri: string | null;
  /** Other ways to sign in. */
  providers: readonly { id: string; label: string }[];
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => escapes[character]!);

/** No script runs in a page, nothing is loaded from elsewhere, nobody can frame or keep it. */
const written = ({ title, body, formTarget }: Page): { html: string; headers: Record<string, string> } => ({
  html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><main><h1>${escapeHtml(title)}</h1>${body}</main></body></html>`,
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'self'${formTarget ? ` ${formTarget}` : ''}; base-uri 'none'; frame-ancestors 'none'`,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  },
});

/** Sends the page, now. */
export const sendPage = (response: ServerResponse, status: number, page: Page): void => {
  const { html, headers } = written(page);
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(html) });
  response.end(html);
};

/** Leaves the sending to the authorization server's library, which first stores the session that the page's form belongs to. */
export const showPage = (context: { status: number; body: unknown; set(headers: Record<string, string>): void }, status: number, page: Page): void => {
  const { html, headers } = written(page);
  context.status = status;
  context.set(headers);
  context.body = html;
};

const form = (uid: string, content: string): string => `<form method="post" action="/oauth/sign-in/${encodeURIComponent(uid)}">${content}</form>`;
const button = (step: string, text: string, isPlain = false): string => `<button name="step" value="${step}"${isPlain ? ' class="plain" formnovalidate' : ''}>${escapeHtml(text)}</button>`;

/** Origin, or scheme, of the client's address, as a content security policy writes it. */
const formTargetOf = ({ redirectUri }: Asking): string | null => {
  if (redirectUri === null || !URL.canParse(redirectUri)) return null;
  const { protocol, host } = new URL(redirectUri);
  if (!/^https?:$/.test(protocol)) return protocol;
  return /^[\w.:[\]-]+$/.test(host) ? `${protocol}//${host}` : null;
};

const providerLinks = ({ uid, providers }: Asking): string => {
  const links = providers.map(({ id, label }) => `<a class="with" href="/oauth/sign-in/${encodeURIComponent(uid)}/with/${encodeURIComponent(id)}">Continue with ${escapeHtml(label)}</a>`);
  return links.length === 0 ? '' : `<div class="or">or</div>${links.join('')}`;
};

export const signInPage = (asking: Asking, { email = '', problem = null }: { email?: string; problem?: string | null } = {}): Page => ({
  title: 'Sign in',
  body: `<p class="soft">to continue to <strong>${escapeHtml(asking.clientName)}</strong></p>${problem === null ? '' : `<p class="bad" role="alert">${escapeHtml(problem)}</p>`}${form(
    asking.uid,
    `<label for="email">E-mail</label><input id="email" name="email" type="email" autocomplete="username" required maxlength="254" value="${escapeHtml(email)}"${email === '' ? ' autofocus' : ''}>
<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024"${email === '' ? '' : ' autofocus'}>
${button('sign_in', 'Sign in')}${button('cancel', 'Cancel', true)}`,
  )}<p class="soft"><a href="/oauth/password">Change your password</a></p>${providerLinks(asking)}`,
  formTarget: formTargetOf(asking),
});

export const selectAccountPage = (asking: Asking, email: string): Page => ({
  title: 'Choose an account',
  body: `<p class="soft">to continue to <strong>${escapeHtml(asking.clientName)}</strong></p>${form(
    asking.uid,
    `${button('continue', `Continue as ${email}`)}${button('other_account', 'Use another account', true)}${button('cancel', 'Cancel', true)}`,
  )}`,
  formTarget: formTargetOf(asking),
});

export const consentPage = (asking: Asking, email: string, scopes: readonly string[]): Page => ({
  title: `Allow ${asking.clientName}?`,
  body: `<p>It asks to act as <strong>${escapeHtml(email)}</strong>:</p><ul>${scopes.map((scope) => `<li>${escapeHtml(scope)}</li>`).join('')}</ul>
<p class="soft">You will be sent to ${escapeHtml(asking.redirectUri ?? '')}</p>${form(asking.uid, `${button('allow', 'Allow')}${button('cancel', 'Do not allow', true)}`)}`,
  formTarget: formTargetOf(asking),
});

export const passwordPage = ({ email = '', problem = null }: { email?: string; problem?: string | null } = {}): Page => ({
  title: 'Change your password',
  body: `${problem === null ? '' : `<p class="bad" role="alert">${escapeHtml(problem)}</p>`}<form method="post" action="/oauth/password">
<label for="email">E-mail</label><input id="email" name="email" type="email" autocomplete="username" required maxlength="254" value="${escapeHtml(email)}"${email === '' ? ' autofocus' : ''}>
<label for="password">Current password</label><input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024"${email === '' ? '' : ' autofocus'}>
<label for="new_password">New password</label><input id="new_password" name="new_password" type="password" autocomplete="new-password" required minlength="${MIN_PASSWORD_LENGTH}" maxlength="1024" aria-describedby="about">
<label for="repeated">New password, again</label><input id="repeated" name="repeated" type="password" autocomplete="new-password" required minlength="${MIN_PASSWORD_LENGTH}" maxlength="1024">
<p id="about" class="soft">At least ${MIN_PASSWORD_LENGTH} characters. You will be signed out everywhere, and programs that you allowed have to ask again.</p>
${button('change', 'Change password')}</form>`,
});

export const passwordChangedPage = (): Page => ({
  title: 'Password changed',
  body: '<p>You are signed out everywhere. Sign in with the new password from the program that you use.</p>',
});

/** @param form of the library, which holds its proof against forged requests */
export const signOutPage = (libraryForm: string): Page => ({
  title: 'Sign out?',
  body: `<p>This ends your session in this browser. Programs that you allowed go on working.</p>${libraryForm}<button form="op.logoutForm" name="logout" value="yes">Sign out</button>`,
});

export const signedOutPage = (): Page => ({ title: 'Signed out', body: '<p>You can close this page.</p>' });

export const errorPage = (message: string): Page => ({
  title: 'This did not work',
  body: `<p class="bad" role="alert">${escapeHtml(message)}</p><p class="soft">Go back to the program you came from and start again.</p>`,
});
