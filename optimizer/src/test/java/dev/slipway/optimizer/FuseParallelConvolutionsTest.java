package dev.slipway.optimizer;

import static dev.slipway.optimizer.PassAssert.assertPass;

import org.junit.jupiter.api.Test;

class FuseParallelConvolutionsTest {
  private static final String INPUTS = """
      input x: float32[N, 2, H, W]
      constant v: float32[1, 2, 1, 1] = {1.0, 2.0}
      constant w: float32[2, 2, 1, 1] = {3.0, 4.0, 5.0, 6.0}
      constant b: float32[2] = {0.5, 1.5}
      """;

  private static final String JOINED = """
      input x: float32[N, 2, H, W]
      constant w: float32[3, 2, 1, 1] = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}
      constant b: float32[3] = {0.0, 0.5, 1.5}
      constant sizes: int64[2] = {1, 2}
      """;

  @Test
  void joinsWeightsAndBiases() {
    assertPass(new FuseParallelConvolutions()).rewrites(INPUTS + """
        y = Conv(x, v)
        z = Conv(x, w, b)
        output y = y
        output z = z
        """, JOINED + """
        c = Conv(x, w, b)
        y, z = Split(c, sizes) {axis = 1}
        output y = y
        output z = z
        """);
  }

  @Test
  void takesTheActivationAlong() {
    assertPass(new FuseParallelConvolutions()).rewrites(INPUTS + """
        constant zero: float32[] = {0.0}
        constant six: float32[] = {6.0}
        c = Conv(x, v)
        d = Conv(x, w, b)
        y = Clip(c, zero, six)
        z = Clip(d, zero, six)
        output y = y
        output z = z
        """, JOINED + """
        constant zero: float32[] = {0.0}
        constant six: float32[] = {6.0}
        c = Conv(x, w, b)
        r = Clip(c, zero, six)
        y, z = Split(r, sizes) {axis = 1}
        output y = y
        output z = z
        """);
  }

  @Test
  void splitsIntoEqualPartsByTheirNumber() {
    assertPass(new FuseParallelConvolutions()).rewrites(INPUTS + """
        constant u: float32[2, 2, 1, 1] = {1.0, 2.0, 7.0, 8.0}
        y = Conv(x, u) {strides = [2, 2]}
        z = Conv(x, w) {strides = [2, 2]}
        other = Conv(x, v)
        output y = y
        output z = z
        output other = other
        """, """
        input x: float32[N, 2, H, W]
        constant v: float32[1, 2, 1, 1] = {1.0, 2.0}
        constant w: float32[4, 2, 1, 1] = {1.0, 2.0, 7.0, 8.0, 3.0, 4.0, 5.0, 6.0}
        c = Conv(x, w) {strides = [2, 2]}
        other = Conv(x, v)
        y, z = Split(c) {axis = 1, num_outputs = 2}
        output y = y
        output z = z
        output other = other
        """);
  }

  @Test
  void keepsOtherActivations() {
    assertPass(new FuseParallelConvolutions()).keeps(INPUTS + """
        c = Conv(x, v)
        d = Conv(x, w, b)
        y = Relu(c)
        z = Sigmoid(d)
        output y = y
        output z = z
        """);
  }

  @Test
  void keepsOtherStrides() {
    assertPass(new FuseParallelConvolutions()).keeps(INPUTS + """
        y = Conv(x, v) {strides = [2, 2]}
        z = Conv(x, w, b)
        output y = y
        output z = z
        """);
  }

  @Test
  void keepsPads() {
    assertPass(new FuseParallelConvolutions()).keeps(INPUTS + """
        y = Conv(x, v) {pads = [1, 1, 1, 1]}
        z = Conv(x, w, b) {pads = [1, 1, 1, 1]}
        output y = y
        output z = z
        """);
  }

  @Test
  void keepsLargerWindows() {
    assertPass(new FuseParallelConvolutions()).keeps("""
        input x: float32[N, 1, H, 8]
        constant v: float32[1, 1, 1, 2] = {1.0, 2.0}
        constant w: float32[1, 1, 1, 2] = {3.0, 4.0}
        y = Conv(x, v)
        z = Conv(x, w)
        output y = y
        output z = z
        """);
  }

  @Test
  void keepsGroups() {
    assertPass(new FuseParallelConvolutions()).keeps("""
        input x: float32[N, 2, H, W]
        constant v: float32[2, 1, 1, 1] = {1.0, 2.0}
        constant w: float32[2, 1, 1, 1] = {3.0, 4.0}
        y = Conv(x, v) {group = 2}
        z = Conv(x, w) {group = 2}
        output y = y
        output z = z
        """);
  }

  @Test
  void keepsWeightsThatAreComputed() {
    assertPass(new FuseParallelConvolutions()).keeps(INPUTS + """
        input u: float32[2, 2, 1, 1]
        y = Conv(x, u)
        z = Conv(x, w, b)
        output y = y
        output z = z
        """);
  }

  @Test
  void keepsConvolutionsOfDifferentValues() {
    assertPass(new FuseParallelConvolutions()).keeps(INPUTS + """
        y = Conv(x, w)
        z = Conv(y, w)
        output z = z
        """);
  }
}
