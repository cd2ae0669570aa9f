import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faultsPage } from './faults/faults-page.ts';
import type { VersionFaults } from './faults/version-faults.ts';
import { type Handler, pathOf, sendJson, sendText } from './http-service.ts';
import { contentSecurityPolicy } from './page/document.ts';
import { explain } from './page/product.ts';
import { failureHtml } from './page/product-html.ts';
import { ingressGateway, type Workload } from './pods.ts';
import type { RecentAnswers } from './recent-answers.ts';
import { type Caller, calledHost, type Router } from './router.ts';

interface Served {
  readonly router: Router;
  readonly recent: Pick<RecentAnswers, 'counts'>;
  readonly faults: VersionFaults;
  /** The versions that can have a fault. */
  readonly versions: readonly Workload[];
}

const page = join(import.meta.dirname, 'page');

/**
 * Where requests from outside enter. The rules route them to the product page. Some things must work when no product page does, so they
 * are served here: the counts of recent answers, the page of the faults, the CSS and the script, and a readable error page.
 */
export async function ingress({ router, recent, faults, versions }: Served): Promise<Handler> {
  const [css, js] = await Promise.all([readFile(join(page, 'page.css')), readFile(join(page, 'page.js'))]);
  const setFaults = faultsPage(faults, versions);
  const caller = { host: calledHost('productpage'), source: ingressGateway, tell: tellInWords(faults) };
  return async (request, response) => {
    const path = pathOf(request);
    if (path === '/answers') return sendJson(response, 200, recent.counts);
    if (path === '/faults') return setFaults(request, response);
    if (path === '/page.css') return sendText(response, 200, css.toString(), 'text/css');
    if (path === '/page.js') return sendText(response, 200, js.toString(), 'text/javascript');
    await router.handle(request, response, caller);
  };
}

/** Envoy answers a failure with almost no text. Browsers get a page that explains it. */
function tellInWords(faults: Pick<VersionFaults, 'inForce'>): NonNullable<Caller['tell']> {
  return ({ status, flag, body }, request, response) => {
    const isForPeople = request.headers.accept?.includes('text/html') === true;
    if (!isForPeople || status < 400) return false;
    const failure = { status, flag: flag === '-' ? '' : flag, why: body || explain(flag) };
    response.setHeader('content-security-policy', contentSecurityPolicy);
    sendText(response, status, failureHtml(failure, faults.inForce), 'text/html');
    return true;
  };
}
