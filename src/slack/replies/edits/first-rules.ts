import type { FirstRefusal } from '../../../domain/change/first-objects.ts';
import { formatCommand } from '../../../domain/language/command.ts';
import type { Running, UnroutedService } from '../../../domain/map/unrouted.ts';
import type { ServiceName } from '../../../domain/routing/names.ts';
import type { Begins, NoFirstRules } from '../../../workflow/asking/goal.ts';
import { commandText, statusCommand } from '../../words/command-text.ts';
import { code, foreign, names, typed } from '../../words/mrkdwn.ts';
import { objectName } from '../../words/object-text.ts';
import { splitText } from '../../words/split-text.ts';

const maxVersions = 12;

/** How a service is served that no object routes, and what gives it rules. */
export function unroutedText(name: ServiceName, { special, pods }: UnroutedService): string {
  const began = `No object routes ${code(name.service)} in ${code(name.namespace)}`;
  if (special !== undefined) return `${began}. ${specialWords[special]}`;
  const now = pods === undefined ? '.' : `: its requests go to all ready pods alike. ${runningText(pods)}`;
  return `${began}${now} ${initText(name)} gives it its first rules, and shows them first.`;
}

/** `v1` has 2 pods, `v3` 1 of 2 ready. */
function runningText({ versions, unlabelled }: Running): string {
  const counted = versions
    .slice(0, maxVersions)
    .map(({ version, ready, all }) => `${code(version)} ${countText({ ready, all })}`);
  const without = unlabelled.all === 0 ? [] : [`without a label \`version\` ${countText(unlabelled)}`];
  const all = [...counted, ...without];
  return all.length === 0 ? 'It has no pod now.' : `Pods ready: ${all.join(', ')}.`;
}

function countText({ ready, all }: { readonly ready: number; readonly all: number }): string {
  return ready === all ? String(all) : `${ready} of ${all}`;
}

function initText({ service, namespace, cluster }: ServiceName): string {
  return commandText({ verb: 'init', service: { service, namespace, cluster }, dryRun: false });
}

/** What becomes of the requests of a service that begins with rules. */
export function beginsLines({ service: { pods }, shares }: Begins): readonly string[] {
  const given = Object.values(shares).filter((share) => share > 0).length;
  const ready = pods?.versions.filter((each) => each.ready > 0).length ?? given;
  const before = pods === undefined ? '' : ` ${runningText(pods)}`;
  const after =
    given < ready
      ? `*The other versions would get nothing:* ${foreign(splitText(shares))}.`
      : `That stays so: ${foreign(splitText(shares))}.`;
  return [`No object routes it now, so its requests go to all ready pods alike.${before} ${after}`];
}

/** Why a service does not begin with rules, and what to type next. */
export function noFirstRulesText(name: ServiceName, because: NoFirstRules): string {
  const service = code(name.service);
  switch (because.reason) {
    case 'routed':
      return `${objectName(because.object)} routes ${service} already. Nothing was changed. ${statusCommand(name)} shows it.`;
    case 'name-taken':
      return `There is a ${objectName(because.object)} in ${code(because.object.namespace)} already, and ${service} does not follow it. Nothing was changed. Another name takes a rule file: ${code('/shift help apply')}.`;
    case 'no-service':
      return `I see no Service ${service} in ${code(name.namespace)}, so I know no pods of it. Nothing was changed. If there is one, I may not read it: that takes get, list and watch of services, endpointslices and pods.`;
    default:
      return `${refusalWords(name, because)} Nothing was changed.`;
  }
}

function refusalWords(name: ServiceName, because: FirstRefusal): string {
  const service = code(name.service);
  switch (because.reason) {
    case 'headless':
    case 'alias':
      return specialWords[because.reason];
    case 'pods-not-seen':
      return `I do not see the pods of ${service}, so I know no versions. That takes get, list and watch of pods and endpointslices.`;
    case 'no-port':
      return `No port of ${service} takes requests that rules could divide: they are ${names([...new Set(because.protocols)])}.`;
    case 'no-version':
      return because.unlabelled === 0
        ? `${service} has no ready pod. Start one with a label \`version\`.`
        : `No ready pod of ${service} has a label \`version\`, so there are no versions to tell apart. Give its pods one, for example \`version: v1\`.`;
    case 'pods-without-version': {
      const [first = 'v1'] = because.versions;
      const pods = because.ready === 1 ? 'One ready pod' : `${because.ready} ready pods`;
      return `${pods} of ${service} without a label \`version\` would get nothing. Give them one, or name the version that gets everything: ${versionCommand(name, first)}.`;
    }
    case 'unknown-version':
      return `No pod of ${service} is ${typed(because.version)}; there is ${names(because.versions)}.`;
    case 'version-not-ready':
      return `${code(because.version)} has no ready pod (${because.all} in all), so it would answer nothing. Start its pods first.`;
    case 'bad-version-name':
      return `The version ${code(because.version)} cannot be the name of a subset, or the name is taken. A rule file says what it is to be called: ${code('/shift help apply')}.`;
    case 'defined-elsewhere':
      return `${objectName({ kind: 'DestinationRule', name: because.name })} in ${code(because.namespace)} holds for ${service} (host ${code(because.host, 120)}), and does not define ${names(because.lacking)}. One for ${service} alone would take its place, with all that it sets. Add the subsets there, or write a rule file.`;
    case 'defined-apart':
      return `${objectName({ kind: 'DestinationRule', name: because.name })} in ${code(because.namespace)} holds for some clients of ${service} alone (\`exportTo\`). Others would not know the versions, and what they send would be lost. Export it to all, or write a rule file.`;
    case 'no-services':
      return because.isReady
        ? `An HTTPRoute divides requests among Services, and there is none that answers on that port: ${names(because.missing)}. Without \`--http-route\` it is a VirtualService, which needs none.`
        : `An HTTPRoute divides requests among Services, and these have no ready pod: ${names(because.missing)}. Without \`--http-route\` it is a VirtualService, which needs none.`;
    case 'several-ports':
      return `${service} has several ports that take requests (${names(because.ports.map(String))}), and an HTTPRoute sends all of them to one. Without \`--http-route\` it is a VirtualService, which keeps them apart.`;
  }
}

const specialWords: Record<NonNullable<UnroutedService['special']>, string> = {
  headless: 'It is headless: clients choose a pod themselves, and proxies pay no attention to versions.',
  alias: 'It is another name of a service elsewhere (ExternalName): name that one.',
};

function versionCommand({ service, namespace, cluster }: ServiceName, version: string): string {
  return code(
    formatCommand({
      verb: 'init',
      service: { service, namespace, cluster },
      version: version.toLowerCase(),
      dryRun: false,
    }),
    200,
  );
}
