/** AWS CodeDeploy's names, short and whole: `linear10every1m`, `ECSCanary10Percent5Minutes`. */
export function fromAws(text: string): string | undefined {
  const [, linear, each, every, unit] = awsLinear.exec(text) ?? [];
  if (linear !== undefined) return `${each}..100 by ${each} every ${every}${unit?.slice(0, 1)}`;
  const [, canary, share, stay, stayUnit] = awsCanary.exec(text) ?? [];
  return canary === undefined ? undefined : `${share} for ${stay}${stayUnit?.slice(0, 1)}, 100`;
}

const awsPrefix = '^(?:codedeploydefault\\.)?(?:ecs|lambda)?';
const awsLinear = new RegExp(`${awsPrefix}(linear)(\\d+)(?:percent)?every(\\d+)([smhd]|minutes?)$`);
const awsCanary = new RegExp(`${awsPrefix}(canary)(\\d+)(?:for|percent)(\\d+)([smhd]|minutes?)$`);
