/** A page as the browser shows it, or the address outside that it was sent to. */
export interface BrowserPage {
  status: number;
  url: string;
  html: string;
  headers: Headers;
  /** Where the last redirect led, when that is another origin: a client's callback. */
  leftTo: URL | null;
}

export interface Browser {
  open(url: string): Promise<BrowserPage>;
  /** Fills in the page's only form and presses the button with this value. */
  press(page: BrowserPage, step: string, fields?: Record<string, string>): Promise<BrowserPage>;
  cookies: { name: string; value: string; path: string; attributes: string }[];
}

const MAX_REDIRECTS = 10;

/** A browser without JavaScript, as far as sign-in pages need one: cookies, redirects, one form. */
export const createBrowser = (): Browser => {
  const cookies: Browser['cookies'] = [];

  const keep = (headers: Headers): void => {
    for (const line of headers.getSetCookie()) {
      const [pair, ...attributes] = line.split('; ');
      const [name, value] = [pair!.slice(0, pair!.indexOf('=')), pair!.slice(pair!.indexOf('=') + 1)];
      const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/';
      const known = cookies.findIndex((cookie) => cookie.name === name && cookie.path === path);
      if (known >= 0) cookies.splice(known, 1);
      if (value !== '') cookies.push({ name, value, path, attributes: attributes.join('; ') });
    }
  };

  const cookiesFor = (url: URL): string =>
    cookies
      .filter(({ path }) => url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');

  const go = async (start: URL, init: RequestInit): Promise<BrowserPage> => {
    let [url, request] = [start, init];
    for (let hops = 0; hops < MAX_REDIRECTS; hops++) {
      const response = await fetch(url, { ...request, redirect: 'manual', headers: { ...(request.headers as Record<string, string>), cookie: cookiesFor(url) } });
      keep(response.headers);
      const location = response.headers.get('location');
      const html = await response.text();
      const target = location === null ? null : new URL(location, url);
      const leftTo = target !== null && target.host !== start.host ? target : null;
      if (target === null || leftTo !== null) return { status: response.status, url: url.href, html, headers: response.headers, leftTo };
      [url, request] = [target, {}];
    }
    throw new Error(`more than ${MAX_REDIRECTS} redirects from ${start.href}`);
  };

  return {
    cookies,
    open: (url) => go(new URL(url), {}),
    press: (page, step, fields = {}) => {
      const action = /<form[^>]* action="([^"]+)"/.exec(page.html)?.[1];
      if (action === undefined) throw new Error(`There is no form on ${page.url}: ${page.html.slice(0, 2_000)}`);
      const hidden = [...page.html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name!, value!]);
      const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...fields, step });
      return go(new URL(action, page.url), { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded', 'origin': new URL(page.url).origin } });
    },
  };
};
