package dev.slipway.backend.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Softmax of rows as machine code: a pass for the largest element, one for the powers and their sum, one to divide. */
final class SoftmaxCode {
  private static final Gpr STRIDE = Gpr.RDX;
  private static final Gpr LENGTH = Gpr.RCX;
  private static final Gpr ROWS = Gpr.R8;
  private static final Gpr MASK_STRIDE = Gpr.R10;
  private static final Gpr WHOLE = Gpr.RAX;
  private static final Gpr REST = Gpr.R11;

  /** Of rows that are computed together: each step of one waits for the step before. */
  private static final List<Pointers> POINTERS = List.of(
      new Pointers(Gpr.RDI, Gpr.RSI, Gpr.R9),
      new Pointers(Gpr.RBX, Gpr.RBP, Gpr.R12),
      new Pointers(Gpr.R13, Gpr.R14, Gpr.R15));

  private static final List<Gpr> SAVED = List.of(Gpr.RBX, Gpr.RBP, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15);

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
  private static final int OWN = 10;

  private final SoftmaxSpec spec;
  private final Assembler code = new Assembler();
  private final VectorEmitter vector;
  private final RowEmitter passes;
  private final VectorRegister lowest;
  private final List<Row> rows = new ArrayList<>();

  private record Pointers(Gpr from, Gpr to, Gpr mask) {}

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
    for (int i = 0; i < together; i++) {
      List<VectorRegister> named = own.subList(i * NAMED, (i + 1) * NAMED);
      rows.add(Row.of(POINTERS.get(i), vector.stream(i), named, free.subList(i * each, (i + 1) * each)));
    }
  }

  static SoftmaxKernel kernel(Isa isa, SoftmaxSpec spec) {
    MachineCode code = new MachineCode(new SoftmaxCode(isa, spec).emit());
    return (from, to, stride, length, rows, mask, maskStride) ->
        code.run(from, to, stride, length, rows, mask, maskStride, 0);
  }

  private byte[] emit() {
    SAVED.forEach(code::push);
    code.mov(MASK_STRIDE, Address.of(Gpr.RSP, SAVED.size() * Long.BYTES + MachineCode.ARGUMENT_6));
    code.mov(Gpr.RBX, LENGTH);
    passes.begin(Gpr.RBX);
    vector.fill(lowest, Float.NEGATIVE_INFINITY);
    loop(rows);
    if (rows.size() > 1) {
      loop(rows.subList(0, 1));
    }
    for (Gpr saved : SAVED.reversed()) {
      code.pop(saved);
    }
    code.vzeroupper();
    code.ret();
    return code.code();
  }

  /** Takes some rows at a time, as long as there are so many. */
  private void loop(List<Row> together) {
    Label end = new Label();
    Label next = code.here();
    code.cmp(ROWS, together.size());
    code.j(Condition.LESS, end);
    for (int i = 1; i < together.size(); i++) {
      follow(together.get(i).at(), together.get(i - 1).at());
    }
    findLargest(together);
    addPowers(together);
    divide(together);
    follow(together.getFirst().at(), together.getLast().at());
    code.sub(ROWS, together.size());
    code.jmp(next);
    code.bind(end);
  }

  private void follow(Pointers at, Pointers before) {
    code.lea(at.from(), Address.of(before.from(), STRIDE, 1, 0));
    code.lea(at.to(), Address.of(before.to(), STRIDE, 1, 0));
    code.lea(at.mask(), Address.of(before.mask(), MASK_STRIDE, 1, 0));
  }

  private void each(List<Row> together, Consumer<Row> piece) {
    code.interleave(together.stream().<Runnable>map(row -> () -> piece.accept(row)).toList());
  }

  private boolean changes() {
    return spec.masked() || spec.scale() != 1;
  }

  private void findLargest(List<Row> together) {
    each(together, row -> vector.move(row.largest(), lowest));
    passes.each(part -> each(together, row -> {
      VectorRegister x = row.x();
      part.load(x, row.at().from());
      if (spec.scale() != 1) {
        code.vmulps(x, x, vector.constant(spec.scale()));
      }
      if (spec.masked()) {
        part.load(row.other(), row.at().mask());
        code.vaddps(x, x, row.other());
      }
      if (changes()) {
        part.store(row.at().to(), x);
      }
      part.pad(x, lowest);
      code.vmaxps(row.largest(), row.largest(), x);
    }));
    each(together, row -> {
      passes.reduce(code::vmaxps, row.largest(), row.x());
      if (spec.closedToZero()) {
        vector.zero(row.x());
        row.vector().select(row.other(), Comparison.EQUAL, row.largest(), lowest, row.x(), row.largest());
        vector.move(row.largest(), row.other());
      }
    });
  }

  private void addPowers(List<Row> together) {
    each(together, row -> {
      vector.zero(row.sum());
      vector.zero(row.other());
    });
    passes.each(part -> each(together, row -> {
      part.load(row.x(), changes() ? row.at().to() : row.at().from());
      part.pad(row.x(), lowest);
      code.vsubps(row.x(), row.x(), row.largest());
      VectorRegister power = power(row);
      part.store(row.at().to(), power);
      code.vaddps(row.sum(), row.sum(), power);
      row.free().release(power);
    }));
    each(together, row -> passes.reduce(code::vaddps, row.sum(), row.x()));
  }

  /** e^x in a scratch register, or the zero that the row's other register holds. */
  private VectorRegister power(Row row) {
    VectorRegister clipped = row.free().take();
    vector.atLeast(clipped, row.x(), LOWEST_POWER);
    VectorRegister power = new FunctionEmitter(row.vector(), row.free()).fullExp(clipped);
    // NaN is not less.
    row.vector()
        .select(clipped, Comparison.LESS, row.x(), vector.constant(LOWEST_POWER), row.other(), power);
    row.free().release(power);
    return clipped;
  }

  private void divide(List<Row> together) {
    each(together, row -> {
      vector.fill(row.other(), 1);
      code.vdivps(row.x(), row.other(), row.sum());
      if (spec.closedToZero()) {
        vector.zero(row.other());
        row.vector().select(row.largest(), Comparison.EQUAL, row.sum(), row.other(), row.other(), row.x());
      } else {
        vector.move(row.largest(), row.x());
      }
    });
    passes.each(part -> each(together, row -> {
      part.load(row.x(), row.at().to());
      code.vmulps(row.x(), row.x(), row.largest());
      part.store(row.at().to(), row.x());
    }));
  }
}
