package dev.slipway.backend.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Softmax of rows as machine code: a pass for the largest element, one for the powers and their sum, one to divide. */
final class SoftmaxCode {
  private static final Gpr STRIDE = Gpr.RDX;
  private static final Gpr LENGTH = Gpr.RCX;
  private static final Gpr ROWS = Gpr.R8;
  private static final Gpr WHOLE = Gpr.RAX;
  private static final Gpr REST = Gpr.R11;

  /** Of rows that are computed together. */
  private static final List<Pointers> POINTERS = List.of(
      new Pointers(Gpr.RDI, Gpr.RSI), new Pointers(Gpr.R9, Gpr.R10), new Pointers(Gpr.RBX, Gpr.RBP));

  /**
   * What is below e to this of the largest becomes zero: neither it nor its share of sums up to 16384 is denormal then.
   * An instruction with denormal numbers takes more than a hundred cycles, and masks make many.
   */
  private static final float LOWEST_POWER = -77;

  /** Vector registers that all rows share: the lowest float, and the mask of the last lanes. */
  private static final int SHARED = 2;

  /** Vector registers of a row that have names. */
  private static final int NAMED = 4;

  /** Those, and what powers take. */
  private static final int OWN = 8;

  private final SoftmaxSpec spec;
  private final Assembler code = new Assembler();
  private final VectorEmitter vector;
  private final RowEmitter passes;
  private final VectorRegister lowest;
  private final RowGroups<Row> groups;

  private record Pointers(Gpr from, Gpr to) {}

  private record Row(
      Pointers at,
      VectorEmitter vector,
      FreeRegisters free,
      VectorRegister largest,
      VectorRegister sum,
      VectorRegister x,
      VectorRegister other) {

    /** Reductions take their operands, which are the first, from the lower half of the registers. */
    static Row of(Pointers at, VectorEmitter vector, List<VectorRegister> named, List<VectorRegister> free) {
      return new Row(
          at, vector, new FreeRegisters(free), named.get(0), named.get(1), named.get(2), named.get(3));
    }
  }

  private SoftmaxCode(Isa isa, SoftmaxSpec spec) {
    this.spec = spec;
    vector = VectorEmitter.of(isa, code);
    lowest = isa.register(0);
    // The length is not read any more when the passes begin, so its register counts.
    passes = new RowEmitter(vector, WHOLE, REST, LENGTH, vector.laneMask(MaskRegister.K1, isa.register(1)));
    List<VectorRegister> own = IntStream.range(SHARED, isa.registers()).mapToObj(isa::register).toList();
    int together = Math.clamp(own.size() / OWN, 1, POINTERS.size());
    List<VectorRegister> free = own.subList(together * NAMED, own.size());
    int each = free.size() / together;
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < together; i++) {
      List<VectorRegister> named = own.subList(i * NAMED, (i + 1) * NAMED);
      rows.add(Row.of(POINTERS.get(i), vector.stream(i), named, free.subList(i * each, (i + 1) * each)));
    }
    groups = new RowGroups<>(code, rows);
  }

  /** The code of a kernel with the arguments from, to, stride, length and rows. */
  static byte[] of(Isa isa, SoftmaxSpec spec) {
    return new SoftmaxCode(isa, spec).emit();
  }

  private byte[] emit() {
    code.push(Gpr.RBX);
    code.push(Gpr.RBP);
    code.mov(Gpr.RBX, LENGTH);
    passes.begin(Gpr.RBX);
    vector.fill(lowest, Float.NEGATIVE_INFINITY);
    groups.loop(ROWS, this::softmax);
    code.pop(Gpr.RBP);
    code.pop(Gpr.RBX);
    code.vzeroupper();
    code.ret();
    return code.code();
  }

  private void softmax(List<Row> together) {
    for (int i = 1; i < together.size(); i++) {
      follow(together.get(i).at(), together.get(i - 1).at());
    }
    findLargest(together);
    addPowers(together);
    divide(together);
    follow(together.getFirst().at(), together.getLast().at());
  }

  private void follow(Pointers at, Pointers before) {
    code.lea(at.from(), Address.of(before.from(), STRIDE, 1, 0));
    code.lea(at.to(), Address.of(before.to(), STRIDE, 1, 0));
  }

  private void findLargest(List<Row> together) {
    groups.each(together, row -> vector.move(row.largest(), lowest));
    passes.each(part -> groups.each(together, row -> {
      part.load(row.x(), row.at().from());
      part.pad(row.x(), lowest);
      code.vmaxps(row.largest(), row.largest(), row.x());
    }));
    groups.each(together, row -> {
      passes.reduce(code::vmaxps, row.largest(), row.x());
      if (spec.closedToZero()) {
        vector.zero(row.x());
        row.vector().select(row.other(), Comparison.EQUAL, row.largest(), lowest, row.x(), row.largest());
        vector.move(row.largest(), row.other());
      }
    });
  }

  private void addPowers(List<Row> together) {
    groups.each(together, row -> {
      vector.zero(row.sum());
      vector.zero(row.other());
    });
    passes.each(part -> groups.each(together, row -> {
      part.load(row.x(), row.at().from());
      part.pad(row.x(), lowest);
      code.vsubps(row.x(), row.x(), row.largest());
      VectorRegister power =
          new FunctionEmitter(row.vector(), row.free()).expOfNegative(row.x(), LOWEST_POWER, row.other());
      part.store(row.at().to(), power);
      code.vaddps(row.sum(), row.sum(), power);
      row.free().release(power);
    }));
    groups.each(together, row -> passes.reduce(code::vaddps, row.sum(), row.x()));
  }

  private void divide(List<Row> together) {
    groups.each(together, row -> {
      vector.fill(row.other(), 1);
      code.vdivps(row.x(), row.other(), row.sum());
      if (spec.closedToZero()) {
        vector.zero(row.other());
        row.vector().select(row.largest(), Comparison.EQUAL, row.sum(), row.other(), row.other(), row.x());
      } else {
        vector.move(row.largest(), row.x());
      }
    });
    passes.each(part -> groups.each(together, row -> {
      part.load(row.x(), row.at().to());
      code.vmulps(row.x(), row.x(), row.largest());
      part.store(row.at().to(), row.x());
    }));
  }
}
