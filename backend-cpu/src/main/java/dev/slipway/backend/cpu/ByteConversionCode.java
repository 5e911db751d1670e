package dev.slipway.backend.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Writes the machine code of {@link ByteConversion}: loops whose last argument points to its constants. */
final class ByteConversionCode {
  private static final Gpr FROM = Gpr.RDI;
  private static final Gpr TO = Gpr.RSI;
  private static final Gpr COUNT = Gpr.RDX;
  private static final Gpr CONSTANTS = Gpr.RCX;
  private static final Gpr PLANE_BYTES = Gpr.R8;
  private static final Gpr PLANE = Gpr.RAX;

  /** Channels of a word. */
  private static final int GROUP = 4;

  private static final int LANE_BYTES = 16;

  private final Isa isa;
  private final Assembler code = new Assembler();
  private final VectorRegister scale;
  private final VectorRegister lowest;
  private final VectorRegister highest;
  private final VectorRegister reciprocal;
  private final RoundingCode rounding;

  private ByteConversionCode(Isa isa) {
    this.isa = isa;
    scale = isa.register(12);
    lowest = isa.register(13);
    highest = isa.register(14);
    reciprocal = isa.register(15);
    rounding = new RoundingCode(code, isa, CONSTANTS, isa.register(11), ByteRange.ANY);
  }

  /** Vectors of unsigned bytes from four times as many vectors of floats. */
  static byte[] quantize(Isa isa) {
    ByteConversionCode made = new ByteConversionCode(isa);
    made.quantize();
    return made.code.code();
  }

  /** Vectors of floats from as many bytes. */
  static byte[] dequantize(Isa isa, boolean signed) {
    ByteConversionCode made = new ByteConversionCode(isa);
    made.dequantize(signed);
    return made.code.code();
  }

  /** Blocks of sixteen bytes for as many pixels as a vector has lanes, from so many planes of floats. */
  static byte[] planes(Isa isa, int planes) {
    ByteConversionCode made = new ByteConversionCode(isa);
    made.planes(planes);
    return made.code.code();
  }

  private void quantize() {
    startRounding();
    rounding.start();
    Label next = code.here();
    List<VectorRegister> integers = new ArrayList<>();
    for (int i = 0; i < RoundingCode.PACKED; i++) {
      integers.add(isa.register(i));
      steps(isa.register(i), Address.of(FROM, i * isa.vectorBytes()));
    }
    rounding.pack(integers);
    code.vmovups(Address.of(TO), integers.getFirst());
    finish(next, RoundingCode.PACKED * isa.vectorBytes(), isa.vectorBytes());
  }

  private void startRounding() {
    code.vpbroadcastd(scale, Address.of(CONSTANTS, ByteConversion.SCALE));
    code.vpbroadcastd(reciprocal, Address.of(CONSTANTS, ByteConversion.RECIPROCAL));
    code.vpbroadcastd(lowest, Address.of(CONSTANTS, ByteConversion.LOWEST));
    code.vpbroadcastd(highest, Address.of(CONSTANTS, ByteConversion.HIGHEST));
  }

  /**
   * Floats over the scale as integers; NaN becomes the lowest. The quotient is rounded as a division rounds it, in a
   * quarter of its time: the product with the reciprocal is corrected by its remainder twice (Markstein, Computation of
   * elementary functions on the IBM RISC System/6000 processor, 1990). The first correction makes it one of the
   * neighbours of the quotient, the second the nearest.
   */
  private void steps(VectorRegister integers, Address floats) {
    VectorRegister rest = isa.register(4);
    VectorRegister remainder = isa.register(8);
    code.vmovups(rest, floats);
    code.vmaxps(rest, rest, lowest);
    code.vminps(rest, rest, highest);
    code.vmulps(integers, rest, reciprocal);
    code.vmovaps(remainder, rest);
    code.vfnmadd231ps(remainder, integers, scale);
    code.vfmadd231ps(integers, remainder, reciprocal);
    code.vfnmadd231ps(rest, integers, scale);
    code.vfmadd231ps(integers, rest, reciprocal);
    code.vcvtps2dq(integers, integers);
  }

  private void dequantize(boolean signed) {
    VectorRegister value = isa.register(0);
    VectorRegister zeroPoint = isa.register(1);
    code.vpbroadcastd(scale, Address.of(CONSTANTS, ByteConversion.SCALE));
    code.vpbroadcastd(zeroPoint, Address.of(CONSTANTS, ByteConversion.ZERO_POINT));
    Label next = code.here();
    if (signed) {
      code.vpmovsxbd(value, Address.of(FROM));
    } else {
      code.vpmovzxbd(value, Address.of(FROM));
    }
    code.vpsubd(value, value, zeroPoint);
    code.vcvtdq2ps(value, value);
    code.vmulps(value, value, scale);
    code.vmovups(Address.of(TO), value);
    finish(next, isa.lanes(), isa.vectorBytes());
  }

  private void planes(int planes) {
    startRounding();
    Label next = code.here();
    code.mov(PLANE, FROM);
    for (int group = 0; group < GROUP; group++) {
      word(isa.register(group), Math.clamp(planes - group * GROUP, 0, GROUP));
    }
    pixels();
    finish(next, isa.vectorBytes(), isa.lanes() * ChannelBytes.BLOCK);
  }

  /** The bytes of up to four planes side by side, a word for each pixel; zeros for those that are not there. */
  private void word(VectorRegister word, int planes) {
    if (planes == 0) {
      code.vpsubd(word, word, word);
      return;
    }
    List<VectorRegister> integers = List.of(word, isa.register(5), isa.register(6), isa.register(7));
    for (int i = 0; i < planes; i++) {
      steps(integers.get(i), Address.of(PLANE));
      code.add(PLANE, PLANE_BYTES);
    }
    rounding.packLanes(integers.subList(0, planes));
    code.vpshufb(word, word, code.literals(interleaved(planes)));
  }

  /** Within 128 bits, of four bytes of each plane: byte i of all planes for pixel i. */
  private List<Integer> interleaved(int planes) {
    int absent = 0x80;
    List<Integer> lane = IntStream.range(0, GROUP)
        .map(pixel -> IntStream.range(0, GROUP)
            .map(plane -> (plane < planes ? plane * GROUP + pixel : absent) << plane * Byte.SIZE)
            .reduce(0, (a, b) -> a | b))
        .boxed()
        .toList();
    return IntStream.range(0, isa.lanes()).mapToObj(i -> lane.get(i % GROUP)).toList();
  }

  /** Four words of each pixel side by side, and stored: within 128 bits a matrix of 4 x 4 words is transposed. */
  private void pixels() {
    List<VectorRegister> words = IntStream.range(0, GROUP).mapToObj(isa::register).toList();
    List<VectorRegister> halves = IntStream.range(8, 12).mapToObj(isa::register).toList();
    List<VectorRegister> pixels = IntStream.range(4, 8).mapToObj(isa::register).toList();
    for (int pair = 0; pair < 2; pair++) {
      code.vpunpckldq(halves.get(2 * pair), words.get(2 * pair), words.get(2 * pair + 1));
      code.vpunpckhdq(halves.get(2 * pair + 1), words.get(2 * pair), words.get(2 * pair + 1));
    }
    for (int half = 0; half < 2; half++) {
      code.vpunpcklqdq(pixels.get(2 * half), halves.get(half), halves.get(half + 2));
      code.vpunpckhqdq(pixels.get(2 * half + 1), halves.get(half), halves.get(half + 2));
    }
    for (int pixel = 0; pixel < isa.lanes(); pixel++) {
      store(Address.of(TO, pixel * ChannelBytes.BLOCK), pixels.get(pixel % GROUP), pixel / GROUP);
    }
  }

  private void store(Address to, VectorRegister pixels, int lane) {
    if (lane == 0) {
      code.vmovups(to, pixels.withBits(LANE_BYTES * Byte.SIZE));
    } else if (isa == Isa.AVX512) {
      code.vextracti32x4(to, pixels, lane);
    } else {
      code.vextracti128(to, pixels, lane);
    }
  }

  private void finish(Label next, int fromBytes, int toBytes) {
    code.add(FROM, fromBytes);
    code.add(TO, toBytes);
    code.dec(COUNT);
    code.j(Condition.NOT_EQUAL, next);
    code.vzeroupper();
    code.ret();
  }
}
