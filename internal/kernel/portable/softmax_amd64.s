#include "textflag.h"
#include "exp_amd64.h"
#include "sum_amd64.h"

// Both go row by row: DX counts rows, AX the bytes within one, CX are the bytes of its whole groups of eight, R10 those from one row
// to the next where rows are dense, R11 where they are apart. Y14 is the mask of the group that is not whole, R12 how many it has.

#define ROWS \
	MOVQ rows+16(FP), DX; \
	MOVQ cols+24(FP), R10; \
	MOVQ stride+32(FP), R11; \
	VBROADCASTSS scale+40(FP), Y13; \
	MOVQ R10, R12; \
	ANDQ $7, R12; \
	MOVQ R10, CX; \
	SUBQ R12, CX; \
	SHLQ $2, CX; \
	SHLQ $2, R10; \
	SHLQ $2, R11

// func softmaxRows256(p, s *float32, rows, cols, stride int, scale float32, table *[12]lanes, tail *int32)
TEXT ·softmaxRows256(SB), NOSPLIT, $0-64
	MOVQ p+0(FP), DI
	MOVQ s+8(FP), SI
	ROWS
	MOVQ table+48(FP), R8
	MOVQ tail+56(FP), BX
	VMOVUPS (BX), Y14
	MOVL $0xff800000, BX // -Inf
	VMOVD BX, X12
	VBROADCASTSS X12, Y12
	MOVQ $0x3ff0000000000000, BX // 1
	VMOVQ BX, X11

row: // scores times scale, and the largest
	VMOVAPS Y12, Y5
	XORQ AX, AX
	TESTQ CX, CX
	JEQ  lastScores

scores:
	VMULPS (SI)(AX*1), Y13, Y0
	VMOVUPS Y0, (SI)(AX*1)
	VMAXPS Y0, Y5, Y5
	ADDQ $32, AX
	CMPQ AX, CX
	JLT  scores

lastScores:
	TESTQ R12, R12
	JEQ  largest
	VMULPS (SI)(CX*1), Y13, Y0
	VBLENDVPS Y14, Y0, Y12, Y0
	VMOVUPS Y0, (SI)(CX*1)
	VMAXPS Y0, Y5, Y5

largest:
	VEXTRACTF128 $1, Y5, X0
	VMAXPS X0, X5, X5
	VPERMILPS $0x4e, X5, X0
	VMAXPS X0, X5, X5
	VPERMILPS $0xb1, X5, X0
	VMAXPS X0, X5, X5
	VBROADCASTSS X5, Y7
	VXORPS Y6, Y6, Y6
	XORQ AX, AX
	TESTQ CX, CX
	JEQ  lastExp

exp:
	VMOVUPS (SI)(AX*1), Y0
	VSUBPS Y7, Y0, Y0
	EXP(Y0, Y1, Y2)
	VMOVUPS Y2, (SI)(AX*1)
	VADDPS Y2, Y6, Y6
	ADDQ $32, AX
	CMPQ AX, CX
	JLT  exp

lastExp:
	TESTQ R12, R12
	JEQ  sum
	VMOVUPS (SI)(CX*1), Y0
	VSUBPS Y7, Y0, Y0
	EXP(Y0, Y1, Y2)
	VMOVUPS Y2, (SI)(CX*1)
	VADDPS Y2, Y6, Y6

sum:
	SUM(Y6, X6, X0, Y0, X1, Y1)
	VDIVSD X0, X11, X0
	VCVTSD2SS X0, X0, X0
	VBROADCASTSS X0, Y7
	XORQ AX, AX
	TESTQ CX, CX
	JEQ  lastShare

share:
	VMULPS (SI)(AX*1), Y7, Y0
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ $32, AX
	CMPQ AX, CX
	JLT  share

lastShare:
	TESTQ R12, R12
	JEQ  next
	VMULPS (SI)(CX*1), Y7, Y0
	VMASKMOVPS Y0, Y14, (DI)(CX*1)

next:
	ADDQ R11, SI
	ADDQ R10, DI
	DECQ DX
	JNZ  row
	VZEROUPPER
	RET

// func softmaxGradRows256(dp, p *float32, rows, cols, stride int, scale float32, tail *int32)
TEXT ·softmaxGradRows256(SB), NOSPLIT, $0-56
	MOVQ dp+0(FP), DI
	MOVQ p+8(FP), SI
	ROWS
	MOVQ tail+48(FP), BX
	VMOVUPS (BX), Y14

row:
	VXORPS Y6, Y6, Y6
	XORQ AX, AX
	TESTQ CX, CX
	JEQ  lastDot

dot:
	VMOVUPS (DI)(AX*1), Y0
	VFMADD231PS (SI)(AX*1), Y0, Y6
	ADDQ $32, AX
	CMPQ AX, CX
	JLT  dot

lastDot:
	TESTQ R12, R12
	JEQ  mean
	VMASKMOVPS (DI)(CX*1), Y14, Y0
	VMASKMOVPS (SI)(CX*1), Y14, Y1
	VFMADD231PS Y1, Y0, Y6

mean:
	SUM(Y6, X6, X0, Y0, X1, Y1)
	VCVTSD2SS X0, X0, X0
	VBROADCASTSS X0, Y7
	XORQ AX, AX
	TESTQ CX, CX
	JEQ  lastGrad

grad:
	VMOVUPS (DI)(AX*1), Y0
	VSUBPS Y7, Y0, Y0
	VMULPS (SI)(AX*1), Y13, Y1
	VMULPS Y1, Y0, Y0
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ $32, AX
	CMPQ AX, CX
	JLT  grad

lastGrad:
	TESTQ R12, R12
	JEQ  next
	VMASKMOVPS (DI)(CX*1), Y14, Y0
	VMASKMOVPS (SI)(CX*1), Y14, Y1
	VSUBPS Y7, Y0, Y0
	VMULPS Y1, Y13, Y1
	VMULPS Y1, Y0, Y0
	VMASKMOVPS Y0, Y14, (DI)(CX*1)

next:
	ADDQ R11, DI
	ADDQ R10, SI
	DECQ DX
	JNZ  row
	VZEROUPPER
	RET
