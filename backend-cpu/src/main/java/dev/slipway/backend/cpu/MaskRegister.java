package dev.slipway.backend.cpu;

/** The mask registers of AVX-512. As the mask of an instruction K0 stands for none. */
enum MaskRegister implements Register {
  K0,
  K1,
  K2,
  K3,
  K4,
  K5,
  K6,
  K7;

  @Override
  public int number() {
    return ordinal();
  }
}
