package dev.slipway.backend.cpu;

/** A register, by its number in instructions. */
sealed interface Register extends RegisterOrMemory permits Gpr, MaskRegister, TileRegister, VectorRegister {
  int number();
}
