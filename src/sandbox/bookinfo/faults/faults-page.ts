import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type Handler, sendText } from '../http-service.ts';
import { contentSecurityPolicy } from '../page/document.ts';
import type { Workload } from '../pods.ts';
import { type Asked, type Fields, fieldsOf, readFaults } from './faults-form.ts';
import { faultsHtml } from './faults-html.ts';
import type { VersionFaults } from './version-faults.ts';

/** `/faults`. A GET changes nothing: what its query asks for is in the form, and a button sets it. */
export function faultsPage(faults: VersionFaults, versions: readonly Workload[]): Handler {
  const read = (form: Fields) => readFaults(form, versions, faults.inForce);
  return async (request, response) => {
    if (request.method === 'GET' || request.method === 'HEAD') {
      const query = fieldsIn(request.url?.split('?')[1] ?? '');
      return show(response, query, query.size === 0 ? undefined : read(query));
    }
    if (request.method !== 'POST') return sendText(response, 405, 'Method not allowed\n');
    await set(request, response);
  };

  async function set(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const typed = fieldsIn(await text(request));
    const asked = read(typed);
    if (asked.kind === 'mistake') return show(response, typed, asked);
    faults.set(asked.faults);
    response.writeHead(303, { location: '/faults' }).end();
  }

  function show(response: ServerResponse, typed: Fields, asked?: Asked): void {
    const wanted = asked?.kind === 'faults' ? asked.faults : faults.inForce;
    const complaint = asked?.kind === 'mistake' ? asked.complaint : undefined;
    const fields = new Map([...fieldsOf(wanted, versions), ...(complaint === undefined ? [] : typed)]);
    const isSet = asked?.kind !== 'faults';
    response.setHeader('content-security-policy', contentSecurityPolicy);
    const shown = { versions, inForce: faults.inForce, fields, isSet, complaint };
    sendText(response, complaint === undefined ? 200 : 400, faultsHtml(shown), 'text/html');
  }
}

function fieldsIn(encoded: string): Fields {
  return new Map(new URLSearchParams(encoded));
}
