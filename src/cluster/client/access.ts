const read = ['get', 'list', 'watch'] as const;
const look = ['list', 'watch'] as const;
const shift = [...read, 'patch'] as const;
const gateway = 'gateway.networking.k8s.io';
const consul = 'consul.hashicorp.com';

/** Everything that the bot's account must be allowed to do; `manifests/access/role.yaml` grants exactly this. */
export const requiredAccess = [
  { group: 'networking.istio.io', resource: 'virtualservices', verbs: shift },
  { group: gateway, resource: 'httproutes', verbs: shift },
  { group: gateway, resource: 'grpcroutes', verbs: shift },
  { group: gateway, resource: 'tcproutes', verbs: shift },
  { group: gateway, resource: 'tlsroutes', verbs: shift },
  { group: consul, resource: 'servicesplitters', verbs: shift },
  { group: 'networking.istio.io', resource: 'destinationrules', verbs: read },
  { group: consul, resource: 'serviceresolvers', verbs: read },
  { group: 'split.smi-spec.io', resource: 'trafficsplits', verbs: read },
  { group: '', resource: 'services', verbs: read },
  { group: 'networking.istio.io', resource: 'gateways', verbs: read },
  { group: 'networking.istio.io', resource: 'serviceentries', verbs: read },
  { group: 'networking.istio.io', resource: 'sidecars', verbs: read },
  { group: gateway, resource: 'gateways', verbs: read },
  { group: gateway, resource: 'referencegrants', verbs: read },
  { group: 'discovery.k8s.io', resource: 'endpointslices', verbs: look },
  { group: '', resource: 'pods', verbs: look },
  { group: '', resource: 'events', verbs: ['create'] },
] as const;

/** What the traffic map needs to know the whole cluster; `manifests/whole-cluster/cluster-role.yaml` grants exactly this. */
export const mapAccess = [
  { group: 'networking.istio.io', resource: 'virtualservices', verbs: look },
  { group: 'networking.istio.io', resource: 'destinationrules', verbs: look },
  { group: 'networking.istio.io', resource: 'gateways', verbs: look },
  { group: 'networking.istio.io', resource: 'serviceentries', verbs: look },
  { group: 'networking.istio.io', resource: 'sidecars', verbs: look },
  { group: gateway, resource: 'httproutes', verbs: look },
  { group: gateway, resource: 'grpcroutes', verbs: look },
  { group: gateway, resource: 'tcproutes', verbs: look },
  { group: gateway, resource: 'tlsroutes', verbs: look },
  { group: gateway, resource: 'gateways', verbs: look },
  { group: gateway, resource: 'referencegrants', verbs: look },
  { group: '', resource: 'services', verbs: look },
] as const;

const whole = ['create', 'delete'] as const;

/** What rule files and the first rules of a service need in addition; `manifests/rule-files/role.yaml` grants exactly this. */
export const ruleFileAccess = [
  { group: 'networking.istio.io', resource: 'virtualservices', verbs: whole },
  { group: 'networking.istio.io', resource: 'destinationrules', verbs: ['create', 'patch', 'delete'] },
  { group: gateway, resource: 'httproutes', verbs: whole },
  { group: gateway, resource: 'grpcroutes', verbs: whole },
  { group: gateway, resource: 'tcproutes', verbs: whole },
  { group: gateway, resource: 'tlsroutes', verbs: whole },
  { group: consul, resource: 'servicesplitters', verbs: whole },
  { group: consul, resource: 'serviceresolvers', verbs: ['create', 'patch', 'delete'] },
] as const;
