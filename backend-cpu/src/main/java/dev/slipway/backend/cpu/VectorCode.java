package dev.slipway.backend.cpu;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.function.IntConsumer;

/**
 * Emits calls of the Vector API into a method under construction, as javac would for the same expressions.
 *
 * <p>Stack effects are written {@code before -> after}. Where an address is asked for it is a local of type long that
 * {@link #masked} made: see {@link Memory} for why.
 */
final class VectorCode {
  private static final ClassDesc VECTOR = ClassDesc.of("jdk.incubator.vector.FloatVector");
  private static final ClassDesc VECTOR_BASE = ClassDesc.of("jdk.incubator.vector.Vector");
  private static final ClassDesc SPECIES = ClassDesc.of("jdk.incubator.vector.VectorSpecies");
  private static final ClassDesc MASK = ClassDesc.of("jdk.incubator.vector.VectorMask");
  private static final ClassDesc OPERATORS = ClassDesc.of("jdk.incubator.vector.VectorOperators");
  private static final ClassDesc COMPARISON = ClassDesc.of("jdk.incubator.vector.VectorOperators$Comparison");
  private static final ClassDesc UNARY_OPERATOR = ClassDesc.of("jdk.incubator.vector.VectorOperators$Unary");
  private static final ClassDesc BINARY_OPERATOR = ClassDesc.of("jdk.incubator.vector.VectorOperators$Binary");
  private static final ClassDesc SEGMENT = ClassDesc.of("java.lang.foreign.MemorySegment");
  private static final ClassDesc ORDER = ClassDesc.of("java.nio.ByteOrder");
  private static final ClassDesc OF_FLOAT = ClassDesc.of("java.lang.foreign.ValueLayout$OfFloat");
  private static final ClassDesc OF_LONG = ClassDesc.of("java.lang.foreign.ValueLayout$OfLong");
  private static final ClassDesc MEMORY = ClassDesc.of(Memory.class.getName());
  private static final ClassDesc INT_VECTOR = ClassDesc.of("jdk.incubator.vector.IntVector");

  /** The exponent of a float begins at this bit. */
  private static final int EXPONENT_SHIFT = 23;

  private final CodeBuilder code;
  private final int vectorBits;

  VectorCode(CodeBuilder code, int vectorBits) {
    this.code = code;
    this.vectorBits = vectorBits;
  }

  int longLocal() {
    return code.allocateLocal(TypeKind.LONG);
  }

  int intLocal() {
    return code.allocateLocal(TypeKind.INT);
  }

  int vectorLocal() {
    return code.allocateLocal(TypeKind.REFERENCE);
  }

  /** A new local: the address in another local, with the range that makes its bounds check fold away. */
  int masked(int address) {
    int local = longLocal();
    code.lload(address).loadConstant(Memory.ADDRESS_MASK).land().lstore(local);
    return local;
  }

  /** Adds a constant to a local of type long. */
  void advance(int address, long bytes) {
    code.lload(address).loadConstant(bytes).ladd().lstore(address);
  }

  /** {@code for (counter = from; counter < limit; counter++) body}, tested at the top as javac does. */
  void loop(int from, int limit, IntConsumer body) {
    int counter = intLocal();
    Label top = code.newLabel();
    Label end = code.newLabel();
    code.loadConstant(from).istore(counter).labelBinding(top).iload(counter).iload(limit).if_icmpge(end);
    body.accept(counter);
    code.iinc(counter, 1).goto_(top).labelBinding(end);
  }

  /** -> vector of zeros. Never from a static final: such a vector stays boxed. */
  void zero() {
    species();
    code.invokestatic(VECTOR, "zero", MethodTypeDesc.of(VECTOR, SPECIES));
  }

  /** -> vector with the constant in every lane. */
  void constant(float value) {
    species();
    code.loadConstant(value).invokestatic(VECTOR, "broadcast", MethodTypeDesc.of(VECTOR, SPECIES, CD_float));
  }

  /** -> vector with the float of a parameter in every lane. */
  void broadcastLocal(int scalar) {
    species();
    code.fload(scalar).invokestatic(VECTOR, "broadcast", MethodTypeDesc.of(VECTOR, SPECIES, CD_float));
  }

  /** -> vector read at an address plus a displacement. */
  void load(int address, long displacement) {
    species();
    segmentAt(address, displacement);
    code.getstatic(MEMORY, "ORDER", ORDER)
        .invokestatic(VECTOR, "fromMemorySegment", MethodTypeDesc.of(VECTOR, SPECIES, SEGMENT, CD_long, ORDER));
  }

  /** -> vector whose lanes in the mask are read; others are zero. */
  void loadMasked(int address, long displacement, int mask) {
    species();
    segmentAt(address, displacement);
    code.getstatic(MEMORY, "ORDER", ORDER)
        .aload(mask)
        .invokestatic(VECTOR, "fromMemorySegment", MethodTypeDesc.of(VECTOR, SPECIES, SEGMENT, CD_long, ORDER, MASK));
  }

  /** -> vector with the float at an address plus a displacement in every lane. */
  void broadcast(int address, long displacement) {
    species();
    code.getstatic(MEMORY, "ALL", SEGMENT).getstatic(MEMORY, "FLOAT", OF_FLOAT);
    offset(address, displacement);
    code.invokeinterface(SEGMENT, "get", MethodTypeDesc.of(CD_float, OF_FLOAT, CD_long))
        .invokestatic(VECTOR, "broadcast", MethodTypeDesc.of(VECTOR, SPECIES, CD_float));
  }

  /** -> the 64-bit integer at an address plus a displacement. */
  void loadLong(int address, long displacement) {
    code.getstatic(MEMORY, "ALL", SEGMENT).getstatic(MEMORY, "LONG", OF_LONG);
    offset(address, displacement);
    code.invokeinterface(SEGMENT, "get", MethodTypeDesc.of(CD_long, OF_LONG, CD_long));
  }

  /** vector -> : written at an address plus a displacement. */
  void store(int address, long displacement) {
    segmentAt(address, displacement);
    code.getstatic(MEMORY, "ORDER", ORDER)
        .invokevirtual(VECTOR, "intoMemorySegment", MethodTypeDesc.of(CD_void, SEGMENT, CD_long, ORDER));
  }

  /** vector -> : the lanes in the mask written. */
  void storeMasked(int address, long displacement, int mask) {
    segmentAt(address, displacement);
    code.getstatic(MEMORY, "ORDER", ORDER)
        .aload(mask)
        .invokevirtual(VECTOR, "intoMemorySegment", MethodTypeDesc.of(CD_void, SEGMENT, CD_long, ORDER, MASK));
  }

  /** A new local: the mask of the first lanes. */
  int firstLanes(int lanes) {
    int mask = vectorLocal();
    species();
    code.loadConstant(0)
        .loadConstant(lanes)
        .invokeinterface(SPECIES, "indexInRange", MethodTypeDesc.of(MASK, CD_int, CD_int))
        .astore(mask);
    return mask;
  }

  /** A new local: the mask of the first lanes, as many as an int local says. */
  int firstLanesOf(int lanes) {
    int mask = vectorLocal();
    species();
    code.loadConstant(0)
        .iload(lanes)
        .invokeinterface(SPECIES, "indexInRange", MethodTypeDesc.of(MASK, CD_int, CD_int))
        .astore(mask);
    return mask;
  }

  /** a, b, c -> a * b + c. */
  void fma() {
    code.invokevirtual(VECTOR, "fma", MethodTypeDesc.of(VECTOR, VECTOR_BASE, VECTOR_BASE));
  }

  /** a, b -> a OP b, for the operations that are methods of a vector: add, sub, mul, div, min, max. */
  void binary(String method) {
    code.invokevirtual(VECTOR, method, MethodTypeDesc.of(VECTOR, VECTOR_BASE));
  }

  /** a -> OP a, for the operations that are methods of a vector: neg, abs, sqrt. */
  void unary(String method) {
    code.invokevirtual(VECTOR, method, MethodTypeDesc.of(VECTOR));
  }

  /** a -> OP a, by the name of an operator. */
  void unaryOperator(String operator) {
    code.getstatic(OPERATORS, operator, UNARY_OPERATOR)
        .invokevirtual(VECTOR, "lanewise", MethodTypeDesc.of(VECTOR, UNARY_OPERATOR));
  }

  /** a, b -> a OP b, by the name of an operator; operands are locals. */
  void binaryOperator(String operator, int x, int y) {
    code.aload(x)
        .getstatic(OPERATORS, operator, BINARY_OPERATOR)
        .aload(y)
        .invokevirtual(VECTOR, "lanewise", MethodTypeDesc.of(VECTOR, BINARY_OPERATOR, VECTOR_BASE));
  }

  /** -> mask of the lanes where {@code x OP y}. */
  void compare(String comparison, int x, int y) {
    code.aload(x)
        .getstatic(OPERATORS, comparison, COMPARISON)
        .aload(y)
        .invokevirtual(VECTOR, "compare", MethodTypeDesc.of(MASK, COMPARISON, VECTOR_BASE));
  }

  /** vector, other, mask -> other where the mask is set, else vector. */
  void blend() {
    code.invokevirtual(VECTOR, "blend", MethodTypeDesc.of(VECTOR, VECTOR_BASE, MASK));
  }

  /** -> the vector in a local times 2^n, where n lies in the low bits of the float in another. */
  void scaleByPower(int x, int biased) {
    code.aload(x)
        .invokevirtual(VECTOR, "reinterpretAsInts", MethodTypeDesc.of(INT_VECTOR))
        .aload(biased)
        .invokevirtual(VECTOR, "reinterpretAsInts", MethodTypeDesc.of(INT_VECTOR))
        .getstatic(OPERATORS, "LSHL", BINARY_OPERATOR)
        .loadConstant(EXPONENT_SHIFT)
        .invokevirtual(INT_VECTOR, "lanewise", MethodTypeDesc.of(INT_VECTOR, BINARY_OPERATOR, CD_int))
        .invokevirtual(INT_VECTOR, "add", MethodTypeDesc.of(INT_VECTOR, VECTOR_BASE))
        .invokevirtual(INT_VECTOR, "reinterpretAsFloats", MethodTypeDesc.of(VECTOR));
  }

  private void species() {
    code.getstatic(VECTOR, "SPECIES_" + vectorBits, SPECIES);
  }

  private void segmentAt(int address, long displacement) {
    code.getstatic(MEMORY, "ALL", SEGMENT);
    offset(address, displacement);
  }

  private void offset(int address, long displacement) {
    code.lload(address);
    if (displacement != 0) {
      code.loadConstant(displacement).ladd();
    }
  }
}
