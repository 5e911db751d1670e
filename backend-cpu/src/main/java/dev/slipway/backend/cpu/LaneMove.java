package dev.slipway.backend.cpu;

/** Moves lanes within vectors, the same way in each of many. Immutable. */
interface LaneMove {
  /** Stands for a lane of the target that is not taken from the source. */
  int NOT_TAKEN = -1;

  /** Writes vectors whose lanes that are not taken are zero; addresses, of memory that does not overlap. */
  void place(long from, long to, int vectors);

  /** Writes the lanes that are taken and leaves the others as they are. */
  void merge(long from, long to, int vectors);
}
