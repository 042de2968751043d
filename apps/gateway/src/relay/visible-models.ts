/**
 * Takes out of a list of models what the caller may not see. What is no such list is shown as an empty one.
 * @param body the provider's answer, whole
 */
export const onlyVisibleModels = (body: Buffer, isVisible: (model: string) => boolean): Buffer => {
  const list = parseList(body);
  const data = (list?.data ?? []).filter((entry) => isVisible(idOf(entry)));
  return Buffer.from(JSON.stringify({ ...(list ?? { object: 'list' }), data }));
};

const parseList = (json: Buffer): { data: unknown[] } | null => {
  try {
    const list = JSON.parse(json.toString('utf8')) as { data?: unknown } | null;
    return Array.isArray(list?.data) ? (list as { data: unknown[] }) : null;
  } catch {
    return null;
  }
};

const idOf = (entry: unknown): string => {
  const id = (entry as { id?: unknown } | null)?.id;
  return typeof id === 'string' ? id : '';
};
