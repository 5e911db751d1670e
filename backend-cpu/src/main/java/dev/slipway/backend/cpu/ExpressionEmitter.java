package dev.slipway.backend.cpu;

import dev.slipway.backend.cpu.VectorEmitter.Rounding;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Expression.Function;
import dev.slipway.operators.Expression.Operation;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * Emits an {@link Expression} over vectors as machine code: the twin of {@link ExpressionCode}, with the same results
 * but for the last bit of products that are added and the sign of zeros. Equal subexpressions are computed once;
 * registers are free again after the last use of what they hold, and nothing is spilled.
 */
final class ExpressionEmitter {
  private final VectorEmitter vector;
  private final Assembler code;
  private final FreeRegisters free;
  private final FunctionEmitter functions;

  /** How often subexpressions that are not computed yet, or are and still lie in a register, will be used. */
  private final Map<Expression, Integer> uses = new HashMap<>();

  private final Map<Expression, VectorRegister> known = new HashMap<>();
  private final Map<Expression, Integer> needs = new HashMap<>();
  private IntFunction<Operand> inputs = _ -> VectorRegister.xmm(0);

  ExpressionEmitter(VectorEmitter vector, FreeRegisters free) {
    this.vector = vector;
    this.free = free;
    code = vector.assembler();
    functions = new FunctionEmitter(vector, free);
  }

  /** Whether every operation of the expression can be emitted. */
  static boolean supports(Expression expression) {
    boolean own = !(expression instanceof Expression.Unary(Function function, Expression _)) || supports(function);
    boolean both = !(expression instanceof Expression.Binary(Operation operation, Expression _, Expression y))
        || supports(operation, y);
    return own && both && expression.operands().stream().allMatch(ExpressionEmitter::supports);
  }

  private static boolean supports(Function function) {
    return switch (function) {
      case NEGATE, ABS, SIGN, RECIPROCAL, SQRT, FLOOR, CEIL, ROUND, IS_NAN, NOT -> true;
      case EXP, EXPM1, LOG, LOG1P, TANH, ERF, SIGMOID -> true;
      case SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, ASINH, ACOSH, ATANH -> false;
    };
  }

  /** Whether a function takes many instructions that depend on each other. */
  static boolean isPolynomial(Function function) {
    return switch (function) {
      case EXP, EXPM1, LOG, LOG1P, TANH, ERF, SIGMOID -> true;
      default -> false;
    };
  }

  private static boolean supports(Operation operation, Expression y) {
    return operation != Operation.POWER
        || y instanceof Expression.Constant(double e) && (e == 2 || e == 3 || e == 0.5 || e == 1 || e == -1);
  }

  /**
   * Scratch registers that an evaluation needs.
   *
   * @param inputsInMemory whether inputs are given as addresses rather than registers
   */
  static int scratchRegisters(Isa isa, Expression expression, boolean inputsInMemory) {
    FreeRegisters free = FreeRegisters.counting(isa.register(0));
    Operand input = inputsInMemory ? Address.of(Gpr.RAX) : VectorRegister.xmm(0);
    ExpressionEmitter emitter = new ExpressionEmitter(VectorEmitter.of(isa, new Assembler()), free);
    emitter.evaluate(expression, _ -> input);
    return free.mostTaken();
  }

  /**
   * Emits one evaluation.
   *
   * @param inputs for each port a register, or an address, with {@code bcst} where one float is meant for all lanes;
   *     registers stay as they are but for scratch ones, which are free after their last use
   * @return the register with the result: a scratch register until {@link #release}, or an input's
   */
  VectorRegister evaluate(Expression expression, IntFunction<Operand> inputs) {
    this.inputs = inputs;
    count(expression);
    VectorRegister result = register(expression);
    known.clear();
    uses.clear();
    needs.clear();
    return result;
  }

  /** Frees the register of a result. */
  void release(VectorRegister result) {
    free.release(result);
  }

  private void count(Expression e) {
    if (uses.merge(e, 1, Integer::sum) > 1) {
      return;
    }
    e.operands().forEach(this::count);
  }

  /** The value in a register; {@link #done} follows its use. */
  private VectorRegister register(Expression e) {
    VectorRegister there = known.get(e);
    if (there != null) {
      return there;
    }
    VectorRegister register =
        switch (e) {
          case Expression.Input(int port) -> loaded(inputs.apply(port));
          case Expression.Constant(double value) -> filled(value);
          case Expression.Unary(Function function, Expression x) -> unary(function, x);
          case Expression.Binary binary -> binary(binary);
          case Expression.Select select -> select(select);
        };
    known.put(e, register);
    return register;
  }

  /** The value as the last operand of an instruction: in memory where it lies there and is used only here. */
  private Operand operand(Expression e) {
    if (e instanceof Expression.Constant(double value)) {
      return vector.constant((float) value);
    }
    return isMemory(e) && e instanceof Expression.Input(int port) ? inputs.apply(port) : register(e);
  }

  private boolean isMemory(Expression e) {
    if (!(e instanceof Expression.Input(int port))) {
      return e instanceof Expression.Constant;
    }
    return inputs.apply(port) instanceof Address address
        && !known.containsKey(e)
        && uses.get(e) == 1
        && (!address.isBroadcast() || vector.isa() == Isa.AVX512);
  }

  /** One use of a value is over; after the last its register is free. */
  private void done(Expression e) {
    if (uses.merge(e, -1, Integer::sum) == 0 && known.containsKey(e)) {
      free.release(known.remove(e));
    }
  }

  private VectorRegister loaded(Operand input) {
    if (!(input instanceof Address address)) {
      return (VectorRegister) input;
    }
    VectorRegister register = free.take();
    vector.load(register, address);
    return register;
  }

  private VectorRegister filled(double value) {
    VectorRegister register = free.take();
    vector.fill(register, (float) value);
    return register;
  }

  private VectorRegister unary(Function function, Expression e) {
    VectorRegister x = register(e);
    return switch (function) {
      case EXP -> last(e, functions.fullExp(x));
      case EXPM1 -> last(e, functions.expm1(x));
      case LOG -> last(e, functions.log(x));
      case LOG1P -> last(e, functions.log1p(x));
      case TANH -> last(e, functions.tanh(x));
      case ERF -> last(e, functions.erf(x));
      case SIGMOID -> last(e, functions.sigmoid(x));
      case SIGN -> last(e, functions.sign(x));
      case NEGATE -> inPlace(e, d -> vector.negate(d, x));
      case ABS -> inPlace(e, d -> vector.abs(d, x));
      case SQRT -> inPlace(e, d -> code.vsqrtps(d, x));
      case FLOOR -> inPlace(e, d -> vector.round(d, x, Rounding.DOWN));
      case CEIL -> inPlace(e, d -> vector.round(d, x, Rounding.UP));
      case ROUND -> inPlace(e, d -> vector.round(d, x, Rounding.NEAREST_EVEN));
      case IS_NAN -> inPlace(e, d -> vector.truth(d, Comparison.NOT_EQUAL, x, x));
      case NOT -> inPlace(e, d -> vector.truth(d, Comparison.EQUAL, x, vector.constant(0)));
      case RECIPROCAL -> reciprocal(e, x);
      case SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, ASINH, ACOSH, ATANH ->
          throw new IllegalArgumentException("function: " + function + " (expected: one with machine code)");
    };
  }

  private VectorRegister last(Expression argument, VectorRegister result) {
    done(argument);
    return result;
  }

  /** One instruction whose destination may be its argument's register when that is free. */
  private VectorRegister inPlace(Expression argument, Consumer<VectorRegister> instruction) {
    done(argument);
    VectorRegister d = free.take();
    instruction.accept(d);
    return d;
  }

  private VectorRegister reciprocal(Expression e, Operand x) {
    VectorRegister d = filled(1);
    code.vdivps(d, d, x);
    return last(e, d);
  }

  private VectorRegister binary(Expression.Binary binary) {
    Expression x = binary.x();
    Expression y = binary.y();
    return switch (binary.operation()) {
      case ADD -> isProduct(x) ? multiplyAdd((Expression.Binary) x, y)
          : isProduct(y) ? multiplyAdd((Expression.Binary) y, x) : commutative(code::vaddps, x, y);
      case MULTIPLY -> commutative(code::vmulps, x, y);
      case SUBTRACT -> arithmetic(code::vsubps, x, y);
      case DIVIDE ->
          y instanceof Expression.Constant(double value) && value != 0
              ? scaled(x, (float) (1 / value))
              : arithmetic(code::vdivps, x, y);
      case MIN, MAX -> extremum(binary.operation() == Operation.MAX, x, y);
      case POWER -> power(x, ((Expression.Constant) y).value());
      case LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL, EQUAL ->
          arithmetic(
              (d, a, b) -> vector.truth(d, Comparison.of(binary.operation()).orElseThrow(), a, b), x, y);
    };
  }

  /** An instruction of three operands. */
  private interface Instruction {
    void emit(VectorRegister d, VectorRegister a, Operand b);
  }

  private VectorRegister commutative(Instruction instruction, Expression x, Expression y) {
    return isMemory(x) ? arithmetic(instruction, y, x) : arithmetic(instruction, x, y);
  }

  /** The operand that needs more registers is computed first. */
  private VectorRegister arithmetic(Instruction instruction, Expression x, Expression y) {
    if (needs(y) > needs(x)) {
      operand(y);
    }
    VectorRegister a = register(x);
    Operand b = operand(y);
    done(x);
    done(y);
    VectorRegister d = free.take();
    instruction.emit(d, a, b);
    return d;
  }

  private VectorRegister scaled(Expression x, float factor) {
    VectorRegister a = register(x);
    return inPlace(x, d -> code.vmulps(d, a, vector.constant(factor)));
  }

  /** Whether this is a product that nothing else uses. */
  private boolean isProduct(Expression e) {
    return e instanceof Expression.Binary(Operation operation, Expression _, Expression _)
        && operation == Operation.MULTIPLY
        && uses.get(e) == 1
        && !known.containsKey(e);
  }

  private VectorRegister multiplyAdd(Expression.Binary product, Expression addend) {
    boolean memoryFirst = isMemory(product.x());
    Expression x = memoryFirst ? product.y() : product.x();
    Expression y = memoryFirst ? product.x() : product.y();
    if (needs(addend) > Math.max(needs(x), needs(y))) {
      operand(addend);
    }
    if (needs(y) > needs(x)) {
      operand(y);
    }
    VectorRegister a = register(x);
    Operand b = operand(y);
    Operand c = operand(addend);
    VectorRegister d = free.take();
    if (b instanceof Address factor) {
      vector.load(d, factor);
    } else {
      vector.move(d, (VectorRegister) b);
    }
    code.vfmadd213ps(d, a, c);
    done(x);
    done(y);
    done(addend);
    return d;
  }

  private VectorRegister extremum(boolean max, Expression x, Expression y) {
    Optional<Float> bound = bound(x).or(() -> bound(y));
    if (bound.isPresent()) {
      return bounded(max, bound(x).isPresent() ? y : x, bound.get());
    }
    VectorRegister a = register(x);
    VectorRegister b = register(y);
    VectorRegister d = free.take();
    VectorRegister other = free.take();
    if (max) {
      vector.max(d, a, b, other);
    } else {
      vector.min(d, a, b, other);
    }
    free.release(other);
    done(x);
    done(y);
    return d;
  }

  private static Optional<Float> bound(Expression e) {
    return e instanceof Expression.Constant(double value) && !Double.isNaN(value)
        ? Optional.of((float) value)
        : Optional.empty();
  }

  private VectorRegister bounded(boolean max, Expression e, float bound) {
    Operand x = operand(e);
    VectorRegister d = free.take();
    if (max) {
      vector.atLeast(d, x, bound);
    } else {
      vector.atMost(d, x, bound);
    }
    return last(e, d);
  }

  private VectorRegister power(Expression e, double exponent) {
    VectorRegister x = register(e);
    if (exponent == -1) {
      return reciprocal(e, x);
    }
    if (exponent == 0.5) {
      return inPlace(e, d -> code.vsqrtps(d, x));
    }
    VectorRegister d = free.take();
    if (exponent == 1) {
      vector.move(d, x);
    } else {
      code.vmulps(d, x, x);
    }
    if (exponent == 3) {
      code.vmulps(d, d, x);
    }
    return last(e, d);
  }

  private VectorRegister select(Expression.Select select) {
    VectorRegister yes = register(select.y());
    VectorRegister no = register(select.z());
    VectorRegister d =
        select.condition() instanceof Expression.Binary comparison && isOnlyCondition(comparison)
            ? selectWhere(comparison, yes, no)
            : selectWhereTrue(select.condition(), yes, no);
    done(select.y());
    done(select.z());
    return d;
  }

  /** Whether this is a comparison whose result is needed nowhere else. */
  private boolean isOnlyCondition(Expression.Binary e) {
    return Comparison.of(e.operation()).isPresent() && uses.get(e) == 1 && !known.containsKey(e);
  }

  private VectorRegister selectWhere(Expression.Binary condition, VectorRegister yes, VectorRegister no) {
    VectorRegister a = register(condition.x());
    Operand b = operand(condition.y());
    VectorRegister d = free.take();
    vector.select(d, Comparison.of(condition.operation()).orElseThrow(), a, b, yes, no);
    done(condition.x());
    done(condition.y());
    return d;
  }

  private VectorRegister selectWhereTrue(Expression condition, VectorRegister yes, VectorRegister no) {
    VectorRegister c = register(condition);
    VectorRegister d = free.take();
    vector.select(d, Comparison.NOT_EQUAL, c, vector.constant(0), yes, no);
    return last(condition, d);
  }

  /** About how many registers the evaluation takes. */
  private int needs(Expression e) {
    Integer there = needs.get(e);
    if (there != null) {
      return there;
    }
    int count =
        switch (e) {
          case Expression.Constant _ -> 0;
          case Expression.Input(int port) -> inputs.apply(port) instanceof Address ? 1 : 0;
          case Expression.Unary(Function function, Expression x) -> Math.max(needs(x), intermediates(function));
          case Expression.Binary(Operation _, Expression x, Expression y) -> together(needs(x), needs(y));
          case Expression.Select(Expression c, Expression y, Expression z) ->
              together(together(needs(y), needs(z)), needs(c));
        };
    needs.put(e, count);
    return count;
  }

  private static int together(int x, int y) {
    return x == y ? x + 1 : Math.max(x, y);
  }

  private static int intermediates(Function function) {
    return switch (function) {
      case LOG1P -> 6;
      case LOG -> 5;
      case EXP, EXPM1, ERF, SIGMOID, TANH, SIGN -> 4;
      default -> 1;
    };
  }
}
