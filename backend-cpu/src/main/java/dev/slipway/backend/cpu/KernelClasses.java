package dev.slipway.backend.cpu;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AccessFlag;
import java.util.function.Consumer;

/**
 * Makes hidden classes of generated micro-kernels: one method {@code run} that implements an interface.
 *
 * <p>Generated code is what a programmer would write by hand for one tile: an accumulator per local variable, strides
 * as constants, no arrays. An innermost loop is one step; C2 allocates registers worse when it is unrolled (measured on
 * a 6x4 tile: 0.89 of peak at one step, 0.77 at two, 0.65 at four).
 *
 * <p>A method must also be small enough for C1's profiled tier. One that C1 compiles without profiling but cannot
 * compile with it stays in unprofiled C1 code for ever, two hundred times slower than C2's, whenever C2's queue was
 * long at its first compilation ("out of virtual registers" in {@code -XX:+PrintCompilation}). Accesses to memory weigh
 * most there; {@link #fitsC1} is the limit measured on JDK 25.
 */
final class KernelClasses {
  private static final int MAX_MEMORY_ACCESSES_AND_FMAS = 39;

  private KernelClasses() {}

  /** Whether C1 compiles a tile of accumulators with profiling. */
  static boolean fitsC1(int pixels, int blocks) {
    return pixels + blocks + pixels * blocks <= MAX_MEMORY_ACCESSES_AND_FMAS;
  }

  /** An instance of a new class whose {@code run} has the given body. */
  static <T> T define(Class<T> kernel, String name, MethodTypeDesc run, Consumer<CodeBuilder> body) {
    try {
      MethodHandles.Lookup hidden =
          MethodHandles.lookup().defineHiddenClass(bytes(kernel, name, run, body), true);
      return kernel.cast(
          hidden.findConstructor(hidden.lookupClass(), MethodType.methodType(void.class)).invoke());
    } catch (Throwable e) {
      throw new IllegalStateException("cannot define the kernel " + name, e);
    }
  }

  private static byte[] bytes(Class<?> kernel, String name, MethodTypeDesc run, Consumer<CodeBuilder> body) {
    return ClassFile.of()
        .build(
            ClassDesc.of(KernelClasses.class.getPackageName(), name),
            type ->
                type.withFlags(AccessFlag.FINAL, AccessFlag.SYNTHETIC)
                    .withInterfaceSymbols(ClassDesc.of(kernel.getName()))
                    .withMethodBody(
                        INIT_NAME,
                        MTD_void,
                        0,
                        code -> code.aload(0).invokespecial(CD_Object, INIT_NAME, MTD_void).return_())
                    .withMethodBody("run", run, ClassFile.ACC_PUBLIC, body));
  }
}
