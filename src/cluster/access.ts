/** What the bot's account must be allowed to do, and nothing more; `manifests/access/role.yaml` grants just this. */
export const requiredAccess = [
  { group: 'networking.istio.io', resource: 'virtualservices', verbs: ['get', 'list', 'watch', 'patch'] },
  { group: 'networking.istio.io', resource: 'destinationrules', verbs: ['get', 'list', 'watch'] },
  { group: '', resource: 'events', verbs: ['create'] },
] as const;
