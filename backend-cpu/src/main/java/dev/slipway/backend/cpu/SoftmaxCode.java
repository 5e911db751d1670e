package dev.slipway.backend.cpu;

import java.util.stream.IntStream;

/** Softmax of rows as machine code: a pass for the largest element, one for the powers and their sum, one to divide. */
final class SoftmaxCode {
  private static final Gpr FROM = Gpr.RDI;
  private static final Gpr TO = Gpr.RSI;
  private static final Gpr STRIDE = Gpr.RDX;
  private static final Gpr LENGTH = Gpr.RCX;
  private static final Gpr ROWS = Gpr.R8;
  private static final Gpr MASK = Gpr.R9;
  private static final Gpr MASK_STRIDE = Gpr.R10;
  private static final Gpr WHOLE = Gpr.RAX;
  private static final Gpr REST = Gpr.R11;
  private static final int FIRST_FREE = 6;

  private final SoftmaxSpec spec;
  private final Assembler code = new Assembler();
  private final VectorEmitter vector;
  private final FunctionEmitter functions;
  private final FreeRegisters free;
  private final RowEmitter row;
  private final VectorRegister largest;
  private final VectorRegister sum;
  private final VectorRegister x;
  private final VectorRegister other;
  private final VectorRegister lowest;

  private SoftmaxCode(Isa isa, SoftmaxSpec spec) {
    this.spec = spec;
    vector = VectorEmitter.of(isa, code);
    largest = isa.register(0);
    sum = isa.register(1);
    x = isa.register(2);
    other = isa.register(3);
    lowest = isa.register(4);
    Register tail = vector.laneMask(MaskRegister.K1, isa.register(5));
    // The length is not read any more when the passes begin, so its register counts.
    row = new RowEmitter(vector, WHOLE, REST, LENGTH, tail);
    free = new FreeRegisters(IntStream.range(FIRST_FREE, isa.registers()).mapToObj(isa::register).toList());
    functions = new FunctionEmitter(vector, free);
  }

  static SoftmaxKernel kernel(Isa isa, SoftmaxSpec spec) {
    MachineCode code = new MachineCode(new SoftmaxCode(isa, spec).emit());
    return (from, to, stride, length, rows, mask, maskStride) ->
        code.run(from, to, stride, length, rows, mask, maskStride, 0);
  }

  private byte[] emit() {
    code.mov(MASK_STRIDE, Address.of(Gpr.RSP, MachineCode.ARGUMENT_6));
    begin();
    vector.fill(lowest, Float.NEGATIVE_INFINITY);
    Label next = code.here();
    findLargest();
    addPowers();
    divide();
    code.add(FROM, STRIDE);
    code.add(TO, STRIDE);
    code.add(MASK, MASK_STRIDE);
    code.dec(ROWS);
    code.j(Condition.NOT_EQUAL, next);
    code.vzeroupper();
    code.ret();
    return code.code();
  }

  /** The mask of lanes is made with a register that is needed later. */
  private void begin() {
    code.push(Gpr.RBX);
    code.mov(Gpr.RBX, LENGTH);
    row.begin(Gpr.RBX);
    code.pop(Gpr.RBX);
  }

  private boolean changes() {
    return spec.masked() || spec.scale() != 1;
  }

  private void findLargest() {
    vector.move(largest, lowest);
    row.each(part -> {
      part.load(x, FROM);
      if (spec.scale() != 1) {
        code.vmulps(x, x, vector.constant(spec.scale()));
      }
      if (spec.masked()) {
        part.load(other, MASK);
        code.vaddps(x, x, other);
      }
      if (changes()) {
        part.store(TO, x);
      }
      part.pad(x, lowest);
      code.vmaxps(largest, largest, x);
    });
    row.reduce(code::vmaxps, largest, x);
    if (spec.closedToZero()) {
      vector.zero(x);
      vector.select(other, Comparison.EQUAL, largest, lowest, x, largest);
      vector.move(largest, other);
    }
  }

  private void addPowers() {
    vector.zero(sum);
    row.each(part -> {
      part.load(x, changes() ? TO : FROM);
      part.pad(x, lowest);
      code.vsubps(x, x, largest);
      VectorRegister power = functions.fullExp(x);
      part.store(TO, power);
      code.vaddps(sum, sum, power);
      free.release(power);
    });
    row.reduce(code::vaddps, sum, x);
  }

  private void divide() {
    vector.fill(other, 1);
    code.vdivps(x, other, sum);
    if (spec.closedToZero()) {
      vector.zero(other);
      vector.select(largest, Comparison.EQUAL, sum, other, other, x);
    } else {
      vector.move(largest, x);
    }
    row.each(part -> {
      part.load(x, TO);
      code.vmulps(x, x, largest);
      part.store(TO, x);
    });
  }
}
