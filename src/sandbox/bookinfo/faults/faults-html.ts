import { document, header, liveAnswers } from '../page/document.ts';
import { type Html, html } from '../page/html.ts';
import type { Workload } from '../pods.ts';
import type { Fields } from './faults-form.ts';
import { presets } from './presets.ts';
import { type Faults, failStatuses, linesOf, longestDelayMs } from './version-faults.ts';

export interface FaultsShown {
  readonly versions: readonly Workload[];
  readonly inForce: Faults;
  /** What the form is filled with. */
  readonly fields: Fields;
  /** Whether the form says what is in force, or what a link asks for. */
  readonly isSet: boolean;
  /** Why nothing was set. */
  readonly complaint: string | undefined;
}

export function faultsHtml({ versions, inForce, fields, isSet, complaint }: FaultsShown): string {
  return document(
    'Faults',
    html`${header(inForce, undefined, complaint)}
<main>
  ${stateOf(inForce)}
  ${liveAnswers}
  <section class="faults" aria-labelledby="at-once">
    <h2 id="at-once">What goes wrong with reviews</h2>
    <form method="post" action="/faults">${presetButtons()}</form>
  </section>
  <section class="faults" aria-labelledby="each">
    <h2 id="each">Each version</h2>
    ${isSet ? undefined : html`<p class="not-set" role="status">Not set yet. <b>Set</b> makes it so.</p>`}
    <form method="post" action="/faults">
      ${versions.map((version) => rowOf(version, fields))}
      <button>Set</button>
    </form>
  </section>
</main>`,
  );
}

function stateOf(inForce: Faults): Html {
  const [first = 'All is well', ...others] = linesOf(inForce);
  return html`<section class="${inForce.size === 0 ? 'answered' : 'answered failed'}" role="status">
  <p><span class="version">${first}</span></p>
  ${others.map((line) => html`<p>${line}</p>`)}
  <p class="pod">A fault counts from the next request on. The metrics show it at its version.</p>
</section>`;
}

function presetButtons(): readonly Html[] {
  return Object.entries(presets).map(
    ([name, { button }]) => html`<button name="preset" value="${name}">${button}</button> `,
  );
}

/** Reads as a sentence, and wraps on a small screen. */
function rowOf({ app, version, name }: Workload, fields: Fields): Html {
  const field = (part: string) => ({ name: `${name}.${part}`, value: fields.get(`${name}.${part}`) ?? '' });
  return html`<fieldset><legend>${app} ${version}</legend>
<label>fails ${number(field('fail'), 100)} %</label>
<label>with ${statuses(field('status'))}</label>
<label>is slow ${number(field('slow'), 100)} %</label>
<label>by ${number(field('delay'), longestDelayMs)} ms</label>
</fieldset>`;
}

interface Shown {
  readonly name: string;
  readonly value: string;
}

function number({ name, value }: Shown, most: number): Html {
  return html`<input type="number" name="${name}" value="${value}" min="0" max="${most}" step="any" required>`;
}

function statuses({ name, value }: Shown): Html {
  const options = failStatuses.map((status) =>
    String(status) === value ? html`<option selected>${status}</option>` : html`<option>${status}</option>`,
  );
  return html`<select name="${name}">${options}</select>`;
}
