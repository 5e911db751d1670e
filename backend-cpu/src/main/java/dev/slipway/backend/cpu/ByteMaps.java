package dev.slipway.backend.cpu;

import dev.slipway.operators.ByteRounding;
import dev.slipway.operators.QuantizedAdd;
import dev.slipway.operators.QuantizedMul;
import dev.slipway.operators.TableLookup;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.IntBinaryOperator;

/** Makes {@link ByteMap}s: in machine code where it runs, the few bytes behind its whole vectors in Java. */
final class ByteMaps {
  private ByteMaps() {}

  static ByteMap table(Tensor table, Optional<Isa> machine, GeneratedCode codes) {
    MemorySegment entries = Arena.ofAuto().allocate(TableLookup.ENTRIES, AddressSpace.ALIGNMENT);
    MemorySegment.copy(table.data(), 0, entries, 0, TableLookup.ENTRIES);
    ByteMap rest = new Each((a, _) -> entries.get(AddressSpace.BYTE, a), false);
    boolean permutes = machine.equals(Optional.of(Isa.AVX512))
        && CpuFeatures.active().contains(CpuFeature.AVX512_VBMI);
    return permutes ? new Machine(codes.get("byte table", ByteMapCode::table), entries, Isa.AVX512, rest) : rest;
  }

  static ByteMap add(QuantizedAdd op, Optional<Isa> machine, GeneratedCode codes) {
    ByteMap rest = new Each(op::at, true);
    return machine.map(isa -> machine(
        codes.get("byte sum " + isa + " " + op, () -> ByteMapCode.add(op, isa)), op.rounding(), isa, rest)).orElse(rest);
  }

  static ByteMap multiply(QuantizedMul op, Optional<Isa> machine, GeneratedCode codes) {
    ByteMap rest = new Each(op::at, true);
    return machine.map(isa -> machine(
            codes.get("byte product " + isa + " " + op, () -> ByteMapCode.multiply(op, isa)), op.rounding(), isa, rest))
        .orElse(rest);
  }

  private static ByteMap machine(MachineCode code, ByteRounding rounding, Isa isa, ByteMap rest) {
    return new Machine(code, ByteRequests.rounding(Optional.of(rounding)), isa, rest);
  }

  /** One byte after the other. */
  private record Each(IntBinaryOperator function, boolean two) implements ByteMap {
    @Override
    public void run(long a, long b, long output, long count) {
      for (long i = 0; i < count; i++) {
        int first = ChannelBytes.getByte(a + i) & 0xff;
        int second = two ? ChannelBytes.getByte(b + i) & 0xff : 0;
        ChannelBytes.setByte(output + i, (byte) function.applyAsInt(first, second));
      }
    }
  }

  /**
   * Whole vectors in machine code.
   *
   * @param constants what the code reads
   */
  private record Machine(MachineCode code, MemorySegment constants, Isa isa, ByteMap rest) implements ByteMap {
    @Override
    public void run(long a, long b, long output, long count) {
      long whole = count / isa.vectorBytes();
      if (whole > 0) {
        code.run(a, b, output, whole, constants.address(), 0, 0, 0);
      }
      long done = whole * isa.vectorBytes();
      rest.run(a + done, b + done, output + done, count - done);
    }
  }
}
