import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Faults } from '../faults/version-faults.ts';
import { type Handler, pathOf, sendJson, sendText } from '../http-service.ts';
import type { Call } from '../sidecar.ts';
import { contentSecurityPolicy } from './document.ts';
import { fetchProduct, product } from './product.ts';
import { productHtml } from './product-html.ts';
import { isUserName, signIn, signOut, userOf } from './session.ts';

type Route = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** What the page is made with. */
interface Around {
  readonly call: Call;
  readonly faults: () => Faults;
}

/** The service that people see. It calls details and reviews with the name of the user who is signed in. */
export function productPageService(around: Around): Handler {
  const { call } = around;
  const routes: Readonly<Record<string, Route>> = {
    'GET /': (_, response) => redirect(response),
    'GET /productpage': (request, response) => showPage(around, request, response),
    'POST /login': (request, response) => logIn(around, request, response),
    'POST /logout': (_, response) => redirect(response, signOut),
    'GET /health': (_, response) => sendText(response, 200, 'Product page is healthy\n'),
    'GET /api/v1/products': (_, response) => sendJson(response, 200, [product]),
    'GET /api/v1/products/0': passing(call, 'details', '/details/0'),
    'GET /api/v1/products/0/reviews': passing(call, 'reviews', '/reviews/0'),
    'GET /api/v1/products/0/ratings': passing(call, 'ratings', '/ratings/0'),
  };
  return async (request, response) => {
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const key = `${method} ${pathOf(request)}`;
    const route = Object.hasOwn(routes, key) ? routes[key] : undefined;
    if (route === undefined) return sendText(response, 404, 'Not found\n');
    await route(request, response);
  };
}

async function showPage(
  { call, faults }: Around,
  request: IncomingMessage,
  response: ServerResponse,
  complaint?: string,
): Promise<void> {
  const user = userOf(request.headers.cookie);
  const shown = await fetchProduct(call, onBehalfOf(user, request.headers));
  response.setHeader('content-security-policy', contentSecurityPolicy);
  sendText(
    response,
    complaint === undefined ? 200 : 400,
    productHtml({ ...shown, user, faults: faults() }, complaint),
    'text/html',
  );
}

async function logIn(around: Around, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = new URLSearchParams(await text(request)).get('username')?.trim() ?? '';
  if (isUserName(name)) return redirect(response, signIn(name));
  await showPage(around, request, response, 'A user name has 1 to 40 characters, all of them ASCII.');
}

function passing(call: Call, service: string, path: string): Route {
  return async (request, response) => {
    const user = userOf(request.headers.cookie);
    const { status, body } = await call(service, path, onBehalfOf(user, request.headers));
    sendText(response, status, body, 'application/json');
  };
}

/** The user name comes from the session. An end-user header that the client sends is dropped. */
function onBehalfOf(user: string | undefined, headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { 'end-user': _, ...others } = headers;
  return user === undefined ? others : { ...others, 'end-user': user };
}

function redirect(response: ServerResponse, cookie?: string): void {
  response.writeHead(303, { location: '/productpage', ...(cookie === undefined ? {} : { 'set-cookie': cookie }) });
  response.end();
}
