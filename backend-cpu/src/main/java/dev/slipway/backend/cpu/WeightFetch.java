package dev.slipway.backend.cpu;

/**
 * Emits prefetches of the next panel's weights into the second-level cache while kernels sum: every tile fetches a part
 * of them, so that they are there when the panel is done.
 *
 * @param weights points to the panel of this call
 * @param fetched a register for the place of the next prefetch
 * @param end a register for the end of the next panel, or for the distance between streams
 * @param stepBytes of weights of a step
 * @param parts of the next panel, one for each tile of this one; 0 to fetch nothing
 */
record WeightFetch(Assembler code, Gpr weights, Gpr fetched, Gpr end, int stepBytes, int parts) {
  private static final int LINE_BYTES = 64;

  /** Places at once from which weights are fetched that are read once: memory gives more to several than to one. */
  private static final int STREAMS = 4;

  /** Emits what comes before the first step of a call. */
  void start(Gpr segments) {
    if (parts == 0) {
      return;
    }
    code.mov(fetched, Address.of(segments, SegmentTable.STEPS));
    code.imul(fetched, fetched, stepBytes);
    code.mov(end, fetched);
    code.add(fetched, weights);
    if (isReadOnce()) {
      code.shr(end, Integer.numberOfTrailingZeros(STREAMS));
    } else {
      code.add(end, fetched);
    }
  }

  private boolean isReadOnce() {
    return parts == 1;
  }

  /** Emits the prefetches that go with so many steps. */
  void fetch(int steps) {
    if (parts == 0) {
      return;
    }
    int lines = Math.ceilDiv(steps * stepBytes, LINE_BYTES * parts);
    if (isReadOnce()) {
      fetchStreams(Math.ceilDiv(lines, STREAMS));
    } else {
      fetchUntilAllAreThere(lines);
    }
  }

  private void fetchStreams(int lines) {
    for (int stream = 0; stream < STREAMS; stream++) {
      fetchLines(lines);
      code.add(fetched, end);
    }
    for (int stream = 0; stream < STREAMS; stream++) {
      code.sub(fetched, end);
    }
    code.add(fetched, lines * LINE_BYTES);
  }

  private void fetchUntilAllAreThere(int lines) {
    fetchLines(lines);
    code.add(fetched, lines * LINE_BYTES);
    code.cmp(fetched, end);
    code.cmov(Condition.ABOVE, fetched, end);
  }

  private void fetchLines(int lines) {
    for (int line = 0; line < lines; line++) {
      code.prefetcht1(Address.of(fetched, line * LINE_BYTES));
    }
  }
}
