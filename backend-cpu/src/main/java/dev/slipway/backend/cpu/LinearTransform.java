package dev.slipway.backend.cpu;

import java.util.ArrayList;
import java.util.List;

/**
 * Straight-line code for the product of a small constant matrix with a vector. Values are numbered: first the inputs,
 * then the results of the steps.
 *
 * @param inputs columns of the matrix
 * @param steps in order
 * @param outputs for each row of the matrix the number of its value
 */
record LinearTransform(int inputs, List<Step> steps, List<Integer> outputs) {
  /** The addend of a step that only multiplies. */
  static final int NONE = -1;

  /** {@code addend + factor * value}; with a factor of 1 or -1 a sum or difference. */
  record Step(int addend, float factor, int value) {}

  LinearTransform {
    steps = List.copyOf(steps);
    outputs = List.copyOf(outputs);
  }

  /** For a matrix whose rows 1 and 2, 3 and 4, ... agree in even columns and differ by the sign in odd ones. */
  static LinearTransform ofPairedRows(double[][] matrix) {
    Code code = new Code(matrix[0].length);
    List<Integer> outputs = new ArrayList<>();
    outputs.add(code.value(code.sum(matrix[0], 0, 1)));
    for (int row = 1; row + 1 < matrix.length; row += 2) {
      int even = code.value(code.sum(matrix[row], 0, 2));
      Term odd = code.sum(matrix[row], 1, 2);
      outputs.add(code.add(even, odd.factor, odd.value));
      outputs.add(code.add(even, -odd.factor, odd.value));
    }
    outputs.add(code.value(code.sum(matrix[matrix.length - 1], 0, 1)));
    return new LinearTransform(matrix[0].length, code.steps, outputs);
  }

  /** For a matrix whose columns 1 and 2, 3 and 4, ... agree in even rows and differ by the sign in odd ones. */
  static LinearTransform ofPairedColumns(double[][] matrix) {
    int columns = matrix[0].length;
    Code code = new Code(columns);
    int[] sums = new int[columns];
    int[] differences = new int[columns];
    for (int column = 1; column + 1 < columns; column += 2) {
      sums[column] = code.add(column, 1, column + 1);
      differences[column] = code.add(column, -1, column + 1);
    }
    List<Integer> outputs = new ArrayList<>();
    for (int row = 0; row < matrix.length; row++) {
      List<Term> terms = new ArrayList<>();
      terms.add(new Term(matrix[row][0], 0));
      terms.add(new Term(matrix[row][columns - 1], columns - 1));
      for (int column = 1; column + 1 < columns; column += 2) {
        terms.add(new Term(matrix[row][column], row % 2 == 0 ? sums[column] : differences[column]));
      }
      outputs.add(code.value(code.sum(terms)));
    }
    return new LinearTransform(columns, code.steps, outputs);
  }

  /** factor * value. */
  private record Term(double factor, int value) {}

  private static final class Code {
    private final int inputs;
    private final List<Step> steps = new ArrayList<>();

    Code(int inputs) {
      this.inputs = inputs;
    }

    int add(int addend, double factor, int value) {
      steps.add(new Step(addend, (float) factor, value));
      return inputs + steps.size() - 1;
    }

    int value(Term term) {
      return term.factor == 1 ? term.value : add(NONE, term.factor, term.value);
    }

    /** The sum over a row's columns from the first, by a step. */
    Term sum(double[] row, int first, int step) {
      List<Term> terms = new ArrayList<>();
      for (int column = first; column < row.length; column += step) {
        terms.add(new Term(row[column], column));
      }
      return sum(terms);
    }

    /** Starts at a term with the factor 1 where there is one; else its factor is that of the whole. */
    Term sum(List<Term> all) {
      List<Term> terms = new ArrayList<>(all.stream().filter(term -> term.factor != 0).toList());
      Term start = terms.stream().filter(term -> term.factor == 1).findFirst().orElse(terms.getLast());
      terms.remove(start);
      int value = start.value;
      for (Term term : terms) {
        value = add(value, term.factor / start.factor, term.value);
      }
      return new Term(start.factor, value);
    }
  }
}
