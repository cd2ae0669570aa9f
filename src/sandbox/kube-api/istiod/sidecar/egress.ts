import { field } from '../../object.ts';
import { error, errorIf, type Finding, warning, warningIf } from '../finding.ts';
import { bindErrors, UNIX, unixPathErrors } from '../values/addresses.ts';
import { portNameErrors } from '../values/names.ts';
import { portErrors } from '../values/numbers.ts';
import { protocolErrors } from '../values/protocols.ts';
import { sidecarHostErrors } from '../values/scoped-hosts.ts';
import { texts } from '../values/text.ts';

/** Checks the listeners for requests of the workload, and the hosts that it may know. */
export function egressFindings(listeners: readonly unknown[], namespace: string): readonly Finding[] {
  const taken = new Set<string>();
  const last = listeners.length - 1;
  return listeners.flatMap((listener, index) => {
    const port = field(listener, 'port');
    if (port === undefined) {
      const must = 'sidecar: the egress listener with empty port should be the last listener in the list';
      return [...errorIf(index !== last, must), ...hostsFindings(listener, namespace)];
    }
    const number = Number(field(port, 'number') ?? 0);
    const place = number === 0 ? `${UNIX} ${field(listener, 'bind') ?? ''}` : String(number);
    const isTaken = taken.has(place);
    taken.add(place);
    const what = number === 0 ? 'unix domain socket values for listeners' : 'ports on IP bound listeners';
    return [
      ...portFindings(listener),
      ...errorIf(isTaken, `sidecar: ${what} must be unique`),
      ...hostsFindings(listener, namespace),
    ];
  });
}

function portFindings(listener: unknown): readonly Finding[] {
  const port = field(listener, 'port');
  const [name, protocol] = [String(field(port, 'name') ?? ''), String(field(port, 'protocol') ?? '')];
  const number = Number(field(port, 'number') ?? 0);
  const bind = String(field(listener, 'bind') ?? '');
  return [
    ...errorIf(Number(field(port, 'targetPort') ?? 0) > 0, 'targetPort has no impact on Sidecars'),
    ...(name === '' ? [] : portNameErrors(name)),
    ...protocolErrors(protocol),
    ...(number === 0
      ? socketErrors(bind, String(field(listener, 'captureMode') ?? 'DEFAULT'))
      : [...portErrors(number), ...bindErrors(bind)]),
  ];
}

/** Port 0 stands for a Unix domain socket. */
function socketErrors(bind: string, captureMode: string): readonly Finding[] {
  const isSocket = bind.startsWith(UNIX);
  return [
    ...(isSocket
      ? unixPathErrors(bind.slice(UNIX.length))
      : [error('sidecar: ports with 0 value must have a unix domain socket bind address')]),
    ...errorIf(
      !['DEFAULT', 'NONE'].includes(captureMode),
      'sidecar: captureMode must be DEFAULT/NONE for unix domain socket listeners',
    ),
  ];
}

function hostsFindings(listener: unknown, namespace: string): readonly Finding[] {
  const hosts = texts(field(listener, 'hosts'));
  if (hosts.length === 0) return [error('sidecar: egress listener must contain at least one host')];
  const seen = new Map<string, Set<string>>();
  const findings = hosts.flatMap((host) => [...repeatedFindings(host, namespace, seen), ...sidecarHostErrors(host)]);
  const isAll = seen.get('*')?.has('*') === true && seen.size > 1;
  return [...findings, ...warningIf(isAll, '`*/*` host select all resources, no other hosts can be added')];
}

/** Notes a host, and says if an earlier one of its namespace has it already. `seen`: services by namespace. */
function repeatedFindings(host: string, own: string, seen: Map<string, Set<string>>): readonly Finding[] {
  const slash = host.indexOf('/');
  if (slash === -1 || host.startsWith('~')) return [];
  const namespace = slash === 1 && host.startsWith('.') ? own : host.slice(0, slash);
  const service = host.slice(slash + 1);
  const known = seen.get(namespace) ?? new Set();
  const isRepeated = service === '*' ? known.size > 0 : known.has(service) || known.has('*');
  seen.set(namespace, new Set([...known, service]));
  return isRepeated ? [warning(`duplicated egress host: ${host}`)] : [];
}
