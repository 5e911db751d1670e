package dev.slipway.backend.cpu;

/** A tile register of AMX: up to 16 rows of 64 bytes. */
record TileRegister(int number) implements Register {
  TileRegister {
    if (number < 0 || number > 7) {
      throw new IllegalArgumentException("tile register: " + number + " (expected: 0 to 7)");
    }
  }
}
