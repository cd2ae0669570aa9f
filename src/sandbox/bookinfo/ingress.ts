import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type Handler, pathOf, sendJson, sendText } from './http-service.ts';
import { explain } from './page/product.ts';
import { failureHtml } from './page/product-html.ts';
import { contentSecurityPolicy } from './page/product-page.ts';
import { ingressGateway } from './pods.ts';
import type { RecentAnswers } from './recent-answers.ts';
import type { OwnAnswer } from './route-request.ts';
import { calledHost, type Router } from './router.ts';

const page = join(import.meta.dirname, 'page');

/**
 * Where requests from outside enter. The rules route them to the product page. Some things must work when no product page does, so they
 * are served here: the counts of recent answers, the page's CSS and script, and a readable error page.
 */
export async function ingress(router: Router, recent: Pick<RecentAnswers, 'counts'>): Promise<Handler> {
  const [css, js] = await Promise.all([readFile(join(page, 'page.css')), readFile(join(page, 'page.js'))]);
  const caller = { host: calledHost('productpage'), source: ingressGateway, tell: tellInWords };
  return async (request, response) => {
    const path = pathOf(request);
    if (path === '/answers') return sendJson(response, 200, recent.counts);
    if (path === '/page.css') return sendText(response, 200, css.toString(), 'text/css');
    if (path === '/page.js') return sendText(response, 200, js.toString(), 'text/javascript');
    await router.handle(request, response, caller);
  };
}

/** Envoy answers a failure with almost no text. Browsers get a page that explains it. */
function tellInWords({ status, flag, body }: OwnAnswer, request: IncomingMessage, response: ServerResponse): boolean {
  const isForPeople = request.headers.accept?.includes('text/html') === true;
  if (!isForPeople || status < 400) return false;
  response.setHeader('content-security-policy', contentSecurityPolicy);
  sendText(
    response,
    status,
    failureHtml({ status, flag: flag === '-' ? '' : flag, why: body || explain(flag) }),
    'text/html',
  );
  return true;
}
