import type { Standing } from '../access/permissions.js';

/**
 * Which rooms somebody may see and use: all with the role for it, else those that were opened to them.
 * @param userId null: a caller that is no user, and that nothing can be opened to
 */
export type RoomAccess = { all: true } | { all: false; userId: string | null };

export const roomAccessOf = (standing: Standing, userId: string | null): RoomAccess => (standing.roles.has('room_inventory') ? { all: true } : { all: false, userId });

/** Filter of a query for rooms. */
export const visibleRooms = (access: RoomAccess) => {
  if (access.all) return {};
  return access.userId === null ? { id: { in: [] as string[] } } : { grants: { some: { userId: access.userId } } };
};
