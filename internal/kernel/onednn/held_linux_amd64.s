//go:build go1.26 && !go1.27

#include "textflag.h"

// callFour calls cCall.function by the C convention, on the C stack on which it is itself called
// with the address of a cCall in DI.
TEXT callFour(SB), NOSPLIT|NOFRAME, $0
	PUSHQ BP
	MOVQ  SP, BP
	SUBQ  $16, SP
	MOVQ  DI, 8(SP)
	MOVQ  DI, R11
	MOVQ  0(R11), AX
	MOVQ  8(R11), DI
	MOVQ  16(R11), SI
	MOVQ  24(R11), DX
	MOVQ  32(R11), CX
	CALL  AX
	MOVQ  8(SP), R11
	MOVQ  AX, 40(R11)
	ADDQ  $16, SP
	POPQ  BP
	RET

DATA ·callFourAddress(SB)/8, $callFour(SB)
GLOBL ·callFourAddress(SB), NOPTR|RODATA, $8
