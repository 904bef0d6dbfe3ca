/* System calls by the numbers of libseccomp's interface: those of an ABI, and for a call that it
 * lacks, or reaches through a multiplexer, negative ones.
 *
 * In: a number and the ABI that it is of, or a name. Out: a row of the system-call table, or the
 * number on another ABI. What always holds: number_of_row and row_of_number are inverse, but that
 * the direct number of a multiplexed call leads to its row as well. */
#ifndef NUMBER_H
#define NUMBER_H

#include "abi.h"

/* The number by which the interface speaks of a row on an ABI. */
int number_of_row (int row, enum abi abi);

/* SYSCALL_UNKNOWN for numbers that the tables lack. */
int row_of_number (int number, enum abi abi);

#endif
