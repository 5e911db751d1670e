package dev.slipway.backend.cpu;

import dev.slipway.operators.ByteRounding;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Conversions between float32 and 8-bit integers: in machine code where it runs, else over the Vector API, as those to
 * signed bytes are; the few elements behind vectors, and all where there are none, by {@link ByteQuantization}.
 * Thread-safe.
 */
final class ByteConversion {
  /** Where constants have the scale, behind those of {@link RoundingConstants}. */
  static final int SCALE = RoundingConstants.BYTES;

  static final int ZERO_POINT = SCALE + Float.BYTES;

  static final int RECIPROCAL = ZERO_POINT + Integer.BYTES;

  /** Bounds of floats, so many steps away that all bytes lie between. */
  static final int LOWEST = RECIPROCAL + Float.BYTES;

  static final int HIGHEST = LOWEST + Float.BYTES;

  /** Bytes of constants. */
  static final int CONSTANT_BYTES = RoundingConstants.BYTES + 64;

  /** Steps that float32 has in int32, beyond all bytes. */
  private static final float FAR = 1e9f;

  /** Scales by which machine code divides exactly: no intermediate of a quotient that matters is denormal. */
  private static final float LEAST_SCALE = 0x1p-90f;

  private static final float LARGEST_SCALE = 0x1p90f;

  private final Optional<Isa> isa;
  private final boolean vectors;
  private final GeneratedCode generated;
  private final Map<Form, MachineCode> codes = new ConcurrentHashMap<>();

  /** @param vectors whether there is the Vector API */
  ByteConversion(Optional<Isa> isa, boolean vectors, GeneratedCode generated) {
    this.isa = isa;
    this.vectors = vectors;
    this.generated = generated;
  }

  /** What there is code for. */
  private sealed interface Form {
    record Quantize() implements Form {}

    record Dequantize(boolean signed) implements Form {}

    record Block(int planes) implements Form {}
  }

  /** Itself, with code to quantise: kernels ask when they are made, so that plans have it. */
  ByteConversion forQuantizing() {
    return with(new Form.Quantize());
  }

  /** Itself, with code to dequantise. */
  ByteConversion forDequantizing(boolean signed) {
    return with(new Form.Dequantize(signed));
  }

  /** Itself, with code to quantise into blocks of so many channels in all. */
  ByteConversion forBlocks(int channels) {
    int last = channels % ChannelBytes.BLOCK;
    ByteConversion whole = channels >= ChannelBytes.BLOCK ? with(new Form.Block(ChannelBytes.BLOCK)) : this;
    return last == 0 ? whole : with(new Form.Block(last));
  }

  private ByteConversion with(Form form) {
    isa.ifPresent(machine -> codes.put(form, generated.get("conversion " + machine + " " + form, () -> switch (form) {
      case Form.Quantize _ -> ByteConversionCode.quantize(machine);
      case Form.Dequantize(boolean signed) -> ByteConversionCode.dequantize(machine, signed);
      case Form.Block(int planes) -> ByteConversionCode.planes(machine, planes);
    })));
    return this;
  }

  /** The numbers, and the address of the constants for them, which {@link #prepare} wrote. */
  record Numbers(ByteQuantization values, long constants) {
    /** The same with another scale, which the constants have from now on. */
    Numbers withScale(float scale) {
      setScale(constants, scale);
      return new Numbers(new ByteQuantization(scale, values.zeroPoint(), values.signed()), constants);
    }

    private boolean isCodeExact() {
      return !values.signed() && values.scale() >= LEAST_SCALE && values.scale() <= LARGEST_SCALE;
    }
  }

  /** Writes constants, {@link #CONSTANT_BYTES} at an address. */
  Numbers prepare(ByteQuantization values, long constants) {
    if (!values.signed()) {
      RoundingConstants.pack(
          ByteRounding.saturating(values.zeroPoint()), AddressSpace.ALL.asSlice(constants, RoundingConstants.BYTES));
    }
    setScale(constants, values.scale());
    AddressSpace.setInt(constants + ZERO_POINT, values.zeroPoint());
    return new Numbers(values, constants);
  }

  private static void setScale(long constants, float scale) {
    AddressSpace.set(constants + SCALE, scale);
    AddressSpace.set(constants + RECIPROCAL, 1 / scale);
    AddressSpace.set(constants + LOWEST, -FAR * scale);
    AddressSpace.set(constants + HIGHEST, FAR * scale);
  }

  /** The largest magnitude of so many floats; 0 where there are none. */
  float magnitude(long from, int count) {
    return vectors ? VectorQuantization.magnitude(from, count) : ByteQuantization.magnitude(from, count);
  }

  /** Writes {@code count} bytes for as many floats. */
  void quantize(Numbers numbers, long from, long to, int count) {
    int done = 0;
    if (isa.isPresent() && numbers.isCodeExact()) {
      int whole = count / isa.get().vectorBytes();
      run(new Form.Quantize(), numbers, from, to, whole, 0);
      done = whole * isa.get().vectorBytes();
    } else if (vectors) {
      done = VectorQuantization.quantize(numbers.values, from, to, count);
    }
    numbers.values.quantize(from + (long) done * Float.BYTES, to + done, count - done);
  }

  /** Writes {@code count} floats for as many bytes. */
  void dequantize(Numbers numbers, long from, long to, int count) {
    int done = 0;
    if (isa.isPresent()) {
      int whole = count / isa.get().lanes();
      run(new Form.Dequantize(numbers.values.signed()), numbers, from, to, whole, 0);
      done = whole * isa.get().lanes();
    } else if (vectors) {
      done = VectorQuantization.dequantize(numbers.values, from, to, count);
    }
    numbers.values.dequantize(from + done, to + (long) done * Float.BYTES, count - done);
  }

  /**
   * Writes the pixels of a block of {@link ChannelBytes}, unsigned, from up to sixteen planes of floats; channels that
   * are not there become zero.
   *
   * @param planeBytes from a plane to the next
   * @param planes at least 1
   */
  void quantizeBlock(Numbers numbers, long from, long planeBytes, int planes, long to, int pixels) {
    int done = 0;
    if (isa.isPresent() && numbers.isCodeExact()) {
      int whole = pixels / isa.get().lanes();
      run(new Form.Block(planes), numbers, from, to, whole, planeBytes);
      done = whole * isa.get().lanes();
    }
    numbers.values.quantizeBlock(
        from + (long) done * Float.BYTES,
        planeBytes,
        planes,
        to + (long) done * ChannelBytes.BLOCK,
        pixels - done);
  }

  private void run(Form form, Numbers numbers, long from, long to, int vectors, long planeBytes) {
    if (vectors > 0) {
      codes.get(form).run(from, to, vectors, numbers.constants, planeBytes, 0, 0, 0);
    }
  }
}
