package dev.slipway.backend.cpu;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Vector registers of {@link WindowCode}: sums from the first on, then the weights of a kernel row where they fit, then
 * two of input.
 *
 * @param isa whose vectors are blocks of channels
 * @param pixels of a tile, at most
 * @param residentWeights registers that hold weights; 0 where they are read from memory
 * @param kernelWidth taps of a kernel row
 */
record WindowRegisters(Isa isa, int pixels, int residentWeights, int kernelWidth) {
  private static final int INPUTS = 2;

  /** Sums in flight that hide the latency of an addition: four cycles, two each. */
  private static final int SUMS_IN_FLIGHT = 8;

  /** Longer tiles win nothing (measured). */
  private static final int LONGEST_TILE = 16;

  /** Instructions of a kernel row of one tile, which are unrolled. */
  static final int UNROLLED = 1024;

  static WindowRegisters of(WindowSpec spec, Isa isa) {
    int kernelWidth = spec.shape().kernelWidth();
    int available = isa.registers() - INPUTS;
    boolean resident = spec.reduction() == WindowSpec.Reduction.WEIGHTED_SUM && kernelWidth <= available / 2;
    int weights = resident ? kernelWidth : 0;
    int free = Math.min(available - weights, isa.registers() - scratch(spec.epilogue(), isa));
    int pixels = Math.clamp(UNROLLED / kernelWidth, 1, Math.min(LONGEST_TILE, free));
    return new WindowRegisters(isa, pixels, weights, kernelWidth);
  }

  /** Registers that an epilogue needs beside the sums. */
  static int scratch(Epilogue epilogue, Isa isa) {
    long loaded = epilogue.sides().stream().filter(side -> side == Side.SCALAR).count();
    return ExpressionEmitter.scratchRegisters(isa, epilogue.expression(), true) + (int) loaded;
  }

  boolean weightsResident() {
    return residentWeights > 0;
  }

  /** Partial sums of each pixel of a tile that has too few pixels to hide the latency. */
  int parts(int tilePixels) {
    int free = isa.registers() - INPUTS - residentWeights;
    int wanted = Math.min(Math.ceilDiv(SUMS_IN_FLIGHT, tilePixels), kernelWidth);
    return Math.clamp(wanted, 1, Math.max(1, free / tilePixels));
  }

  VectorRegister register(int sum) {
    return isa.register(sum);
  }

  /** The registers that are free when each pixel has one sum, in the first of its parts. */
  List<VectorRegister> free(int tilePixels, int parts) {
    return IntStream.range(0, isa.registers())
        .filter(i -> i >= tilePixels * parts || i % parts != 0)
        .mapToObj(isa::register)
        .toList();
  }

  VectorRegister weight(int tap) {
    return isa.register(isa.registers() - INPUTS - residentWeights + tap);
  }

  /** Registers take turns, so that a load need not wait for the last use. */
  VectorRegister input(int column) {
    return isa.register(isa.registers() - INPUTS + column % INPUTS);
  }
}
