package dev.slipway.backend.cpu;

import java.util.Optional;

/**
 * How machine code adds products of unsigned and signed bytes to 32-bit sums.
 *
 * <p>With VNNI an instruction adds four of them. Without it, bytes are widened to 16 bits, of which {@code vpmaddwd}
 * adds the products of two: at most 2 * 255 * 128, so that nothing overflows, as sums of {@code vpmaddubsw} in 16 bits
 * would.
 */
enum ByteProducts {
  AVX2_WIDENED(Isa.AVX2, Encoding.WIDENED),
  AVX2_VNNI(Isa.AVX2, Encoding.VEX),
  AVX512_WIDENED(Isa.AVX512, Encoding.WIDENED),
  AVX512_VNNI(Isa.AVX512, Encoding.EVEX);

  private enum Encoding {
    WIDENED,
    VEX,
    EVEX
  }

  private final Isa isa;
  private final Encoding encoding;

  ByteProducts(Isa isa, Encoding encoding) {
    this.isa = isa;
    this.encoding = encoding;
  }

  /** The best way here; empty where no machine code runs. */
  static Optional<ByteProducts> best() {
    return Isa.best().map(isa -> switch (isa) {
      case AVX512 -> has(CpuFeature.AVX512_VNNI) ? AVX512_VNNI : AVX512_WIDENED;
      case AVX2 -> has(CpuFeature.AVX_VNNI) ? AVX2_VNNI : AVX2_WIDENED;
    });
  }

  private static boolean has(CpuFeature feature) {
    return CpuFeatures.active().contains(feature);
  }

  /** Whether the processor has it and the user allows it. */
  boolean isActive() {
    return isa.isActive() && switch (this) {
      case AVX2_WIDENED, AVX512_WIDENED -> true;
      case AVX2_VNNI -> has(CpuFeature.AVX_VNNI);
      case AVX512_VNNI -> has(CpuFeature.AVX512_VNNI);
    };
  }

  Isa isa() {
    return isa;
  }

  /** Whether weights lie as 16-bit numbers: see {@link ByteWeights}. */
  boolean widened() {
    return encoding == Encoding.WIDENED;
  }

  /** Vectors of sums for sixteen channels. */
  int vectorsOfBlock() {
    return ChannelBytes.BLOCK / isa.lanes();
  }

  /** Registers that hold neither sums nor weights at least. */
  int scratchRegisters() {
    return widened() ? 4 : 2;
  }

  /** Adds to {@code sum} the products of four unsigned bytes and as many signed ones in each lane. */
  void add(Assembler code, VectorRegister sum, VectorRegister unsigned, Operand signed) {
    switch (encoding) {
      case EVEX -> code.vpdpbusd(sum, unsigned, signed);
      case VEX -> code.vexVpdpbusd(sum, unsigned, signed);
      case WIDENED -> throw new IllegalStateException(this + " (expected: a way with VNNI)");
    }
  }
}
