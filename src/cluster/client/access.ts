/** What the bot's account must be allowed to do, and nothing more; `manifests/access/role.yaml` grants just this. */
export const requiredAccess = [
  { group: 'networking.istio.io', resource: 'virtualservices', verbs: ['get', 'list', 'watch', 'patch'] },
  { group: 'networking.istio.io', resource: 'destinationrules', verbs: ['get', 'list', 'watch'] },
  { group: '', resource: 'events', verbs: ['create'] },
] as const;

/** What it takes more where rule files are applied and deleted; `manifests/rule-files/role.yaml` grants just this. */
export const ruleFileAccess = [
  { group: 'networking.istio.io', resource: 'virtualservices', verbs: ['create', 'delete'] },
  { group: 'networking.istio.io', resource: 'destinationrules', verbs: ['create', 'patch', 'delete'] },
] as const;
