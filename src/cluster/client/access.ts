/** Everything that the bot's account must be allowed to do; `manifests/access/role.yaml` grants exactly this. */
export const requiredAccess = [
  { group: 'networking.istio.io', resource: 'virtualservices', verbs: ['get', 'list', 'watch', 'patch'] },
  { group: 'networking.istio.io', resource: 'destinationrules', verbs: ['get', 'list', 'watch'] },
  { group: '', resource: 'events', verbs: ['create'] },
] as const;

/** What rule files need in addition; `manifests/rule-files/role.yaml` grants exactly this. */
export const ruleFileAccess = [
  { group: 'networking.istio.io', resource: 'virtualservices', verbs: ['create', 'delete'] },
  { group: 'networking.istio.io', resource: 'destinationrules', verbs: ['create', 'patch', 'delete'] },
] as const;
